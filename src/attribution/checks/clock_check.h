#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Parts of the variance. Right clocks leave the first to a load that is no single level (3 % in
/// the bent recordings of benchmarks/accuracy); what else a board does meanwhile explains less than
/// the second.
inline constexpr double kGainOfTwoClocks = 0.03;
inline constexpr double kGainOfOneClock = 0.2;

/// How the readings' clock has to be moved so that readings follow the load.
struct ClockMove {
  CheckFinding finding;
  /// Why layers cannot be told by readings that had to be moved.
  std::string hides_layers;
  /// From reading number `first` on, later by so many seconds.
  std::size_t first = 0;
  double seconds = 0.0;
};

/// What must be before clocks are doubted.
struct ClockDoubt {
  /// What part of the readings' variance moving them must explain beyond what they explain as
  /// stamped: of recordings whose samples and stamps are of programs that know nothing of each
  /// other; more is asked of those that one recorder stamped by one clock.
  double least_gain = kGainOfTwoClocks;
  /// Seconds by which the sensor, as declared, may show the load late by itself.
  double sensor_delay = 0.0;
};

/// A clock that was set forward within the recording: behind a hole, readings follow the load only
/// if moved back.
std::optional<ClockMove> check_clock_step(const CheckedReadings& readings, const ClockDoubt& doubt);

/// Clocks of readings and stamps that differ throughout, or a start that was given wrongly: the
/// readings follow the load clearly better earlier or later than stamped.
std::optional<ClockMove> check_clocks(const CheckedReadings& readings, const ClockDoubt& doubt);

/// A step, else clocks that differ.
std::optional<ClockMove> check_clock_match(const CheckedReadings& readings,
                                           const ClockDoubt& doubt);

/// The readings as moved.
CheckedReadings moved(CheckedReadings readings, const ClockMove& move);

/// No readings for a while, during the run. `told`: stretches whose readings were left out for a
/// reason that was told already.
std::optional<CheckFinding> check_gaps(const CheckedReadings& readings,
                                       std::span<const Stretch> told);

}  // namespace layerwatt
