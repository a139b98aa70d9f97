#include "attribution/checks/negative_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

#include "attribution/model/fast_readings.h"
#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Parts of the readings: most of them, and so few that they are not how the rail idles.
constexpr double kThroughout = 0.5;
constexpr double kNearlyAll = 0.005;
/// Offsets of a chip's converter may show a step below nothing.
constexpr double kSteps = 1.5;
constexpr double kLeastStep = 1e-3;

}  // namespace

std::optional<CheckVerdict> check_negative(const CheckedReadings& readings) {
  const double step = std::max(readings.step, kLeastStep);
  std::vector<std::size_t> negative;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.watts[k] < -kSteps * step) negative.push_back(k);
  }
  if (negative.empty()) return std::nullopt;
  const std::string share = share_of(negative.size(), readings.size());
  if (static_cast<double>(negative.size()) > kThroughout * static_cast<double>(readings.size())) {
    return CheckVerdict{
        {RecordingCheck::kNegative,
         fmt::format("{} are negative, {} on average: the rail is read the wrong way "
                     "round, or feeds power back",
                     share, format_si(median_of(readings.watts), "W"))},
        true,
        {}};
  }
  // A rail that idles at nothing may well be read a little below.
  if (quantile(readings.watts, kNearlyAll) <= -kSteps * step &&
      idle_level(readings) <= 3.0 * step) {
    return std::nullopt;
  }
  return CheckVerdict{
      {RecordingCheck::kNegative,
       fmt::format("{} are negative among positive ones and were left out.", share)},
      false,
      std::move(negative)};
}

std::string refuse_no_power(const PowerTrace& trace) {
  if (trace.power.empty()) return {};
  const auto all = format_grouped(static_cast<std::int64_t>(trace.size()));
  if (std::ranges::all_of(trace.power, [](Watts w) { return w.value() == 0.0; })) {
    return fmt::format(
        "all {} readings of {} are exactly 0 W, and what runs draws more: the chip "
        "is asleep, or its shunt is not there",
        all, trace.rail.name);
  }
  const double step = std::max(power_step(trace), kLeastStep);
  const auto negative =
      std::ranges::count_if(trace.power, [&](Watts w) { return w.value() < -kSteps * step; });
  if (static_cast<double>(negative) <= kThroughout * static_cast<double>(trace.size())) return {};
  return fmt::format(
      "{} of {} readings of {} are negative: the rail is read the wrong way round, "
      "or feeds power back",
      format_grouped(negative), all, trace.rail.name);
}

}  // namespace layerwatt
