#include "attribution/checks/zero_check.h"

#include <fmt/format.h>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Parts of the readings, most and next to none; and steps of the register that rounding to 0 is
/// below.
constexpr double kThroughout = 0.5;
constexpr double kFew = 0.01;
constexpr double kStepsAbove = 3.0;

/// Rails that are switched off between runs, as those of a GPU, show nothing then.
bool idles_at_nothing(const CheckedReadings& readings) {
  std::size_t idle = 0;
  std::size_t nothing = 0;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.is_busy(k)) continue;
    ++idle;
    if (readings.watts[k] == 0.0) ++nothing;
  }
  return idle > 0 && static_cast<double>(nothing) > kThroughout * static_cast<double>(idle) &&
         !(readings.idle_apart && *readings.idle_apart > kStepsAbove * readings.step);
}

}  // namespace

std::optional<CheckVerdict> check_zeros(const CheckedReadings& readings) {
  std::vector<std::size_t> zeros;
  std::vector<double> others;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (readings.watts[k] == 0.0) {
      zeros.push_back(k);
    } else {
      others.push_back(readings.watts[k]);
    }
  }
  if (zeros.empty() || others.empty()) return std::nullopt;
  const double least = quantile(std::move(others), kFew);
  if (least < kStepsAbove * readings.step || idles_at_nothing(readings)) return std::nullopt;
  const bool are_most =
      static_cast<double>(zeros.size()) > kThroughout * static_cast<double>(readings.size());
  std::string sentence =
      fmt::format("{} are exactly 0 among others of {} and more: reads that failed{}",
                  share_of(zeros.size(), readings.size()), format_si(least, "W"),
                  are_most ? "" : "; they were left out.");
  return CheckVerdict{{RecordingCheck::kZero, std::move(sentence)}, are_most, std::move(zeros)};
}

}  // namespace layerwatt
