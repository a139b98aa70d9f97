#pragma once

#include <optional>
#include <span>

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Readings that stood still while what ran changed.
struct StuckReadings {
  /// Numbers of readings, rising.
  std::vector<std::size_t> numbers;
  std::vector<Stretch> stretches;
  /// Of the stretches; and while something ran by `busy`, and that of all that ran.
  double seconds = 0.0;
  double busy_seconds = 0.0;
  double all_busy_seconds = 0.0;
};

/// Looks for values that stand across a begin or an end of the load, or for long while it runs,
/// where the others of the load move. `busy`: when the load ran, which may be elsewhere than the
/// stamps say. Behind a meter of coarse steps values stand for long at each level of the load, and
/// are not stuck. `sensor_delay`: the sensor's own values may stand for so many seconds.
StuckReadings find_stuck(const CheckedReadings& readings, std::span<const Stretch> busy,
                         double sensor_delay = 0.0);

/// Every reading is the same: a refusal.
std::optional<CheckVerdict> check_all_equal(const CheckedReadings& readings);

/// What was found in words: left out, or, where it is most of the load, a refusal.
std::optional<CheckVerdict> stuck_verdict(StuckReadings stuck);

}  // namespace layerwatt
