#include "attribution/inference/identifiability_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "attribution/inference/profile_rows.h"

namespace layerwatt {

Identifiability identifiability_report(const FineFit& fit, const Separation& separation,
                                       Schedule schedule, double relative_half_width) {
  Identifiability report;
  report.condition_number = separation.condition_number;
  report.variance_inflation = separation.variance_inflation;
  report.cramer_rao_half_width = separation.half_width;
  report.lag_sensitivity.assign(separation.group_of.size(), 0.0);
  const auto sensitivity = lag_sensitivity(fit, separation.solution);
  std::size_t own = 0;
  for (std::size_t l = 0; l < separation.group_of.size(); ++l) {
    if (separation.group_of[l] >= 0) report.lag_sensitivity[l] = sensitivity[own++];
  }
  const auto told = std::ranges::count(separation.told, true);
  if (static_cast<std::size_t>(told) == own) return report;
  if (separation.collinear > 0 && schedule == Schedule::kWhole) {
    if (fit.is_counter) {
      report.advice.push_back(
          fmt::format("Use --schedule weighing: the counter is renewed every {:.2g} ms only, so "
                      "short layers must run a varying number of times to be told apart.",
                      1e3 * fit.period));
    } else if (fit.kernel.block_count > 1) {
      report.advice.push_back(
          fmt::format("Use --schedule weighing: the sensor shows means over {:.2g} ms, so layers "
                      "must run a varying number of times to be told apart.",
                      1e3 * fit.period));
    } else {
      report.advice.emplace_back(
          fit.is_slow ? "Use --schedule weighing: the sensor averages over many passes, so layers "
                        "must run a varying number of times to be told apart."
                      : "Use --schedule weighing, or put random pauses between passes: passes and "
                        "conversions run in step, so each layer is always seen the same way.");
    }
  }
  if (fit.is_slow && fit.time_constant > fit.period) {
    report.advice.emplace_back(
        "Set samples to 1 (needs root: --sensor-samples 1): then each reading is one conversion.");
  }
  if (separation.excess > 1.0) {
    const double longer = std::ceil(separation.excess * separation.excess);
    if (longer <= 50.0) {
      report.advice.push_back(
          fmt::format("Run {:.0f} times longer to tell every layer to ±{:.0f} %.", longer,
                      100.0 * relative_half_width));
    }
  }
  return report;
}

}  // namespace layerwatt
