#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"
#include "layerwatt/report/sensor_list.h"

namespace layerwatt {
namespace {

constexpr Duration kSampleLayer = std::chrono::milliseconds(1);

/// A layer that moves a reading by less than this cannot be told from single readings.
constexpr double kVisibleShare = 0.5;

}  // namespace

std::optional<double> reading_share(const SensorModel& model, Duration load) {
  if (!model.period || *model.period <= Duration(0)) return std::nullopt;
  if (model.averaging == Averaging::kExponential) {
    const auto time_constant = effective_time_constant(model);
    if (!time_constant) return std::nullopt;
    return -std::expm1(-to_seconds(load) / to_seconds(*time_constant));
  }
  double block = to_seconds(*model.period);
  if (model.averaging == Averaging::kBlock) {
    if (!model.average_count) return std::nullopt;
    block *= *model.average_count;
  }
  return std::min(1.0, to_seconds(load) / block);
}

std::string time_constant_meaning(const SensorModel& model) {
  const auto share = reading_share(model, kSampleLayer);
  if (!share) {
    return "The time constant is not known from the settings: measure it with 'layerwatt sensors "
           "--characterise'.";
  }
  std::string text;
  if (model.averaging == Averaging::kExponential) {
    text = fmt::format("A reading is a running average with a time constant of {}.",
                       format_si(to_seconds(*effective_time_constant(model)), "s"));
  } else if (model.averaging == Averaging::kBlock) {
    text = fmt::format("A reading is the mean over {}.",
                       format_si(to_seconds(*model.period) * *model.average_count, "s"));
  } else {
    text = fmt::format("A reading is renewed every {}, without averaging.",
                       format_si(to_seconds(*model.period), "s"));
  }
  text += fmt::format(" A layer of 1 ms moves it by {} % of its power",
                      format_significant(*share * 100.0, 2));
  if (*share < kVisibleShare) {
    text +=
        ": single readings cannot tell layers apart. Use --schedule weighing and --method solve.";
  } else {
    text += ", so layers of some milliseconds show; for shorter ones use --method solve.";
  }
  return text;
}

}  // namespace layerwatt
