#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What was measured of one rail.
struct Characterisation {
  Rail rail;
  std::int64_t readings = 0;
  std::int64_t failed = 0;
  /// Cost of one read.
  Duration read_median{0};
  Duration read_p99{0};
  /// Readings a second while it was read as fast as is of use: eight times a conversion, or as fast
  /// as the bus allows.
  double rate = 0.0;
  /// Before the load.
  Watts idle;
  /// At the end of the load.
  Watts load;
  /// Standard deviation of readings at idle, quantisation and the machine's own unrest included.
  Watts noise;
  /// Smallest step of a reading, at the mean voltage; of rails with a current also that of it.
  std::optional<Watts> step;
  std::optional<Amperes> current_step;
  /// From one conversion to the next, with its standard error (relative, where it is known).
  std::optional<Duration> period;
  std::optional<double> period_error;
  /// Time constants of the readings after the load began and after it ended; upper bounds where the
  /// readings followed faster than they were taken.
  std::optional<Duration> rise;
  std::optional<Duration> fall;
  bool rise_is_bound = false;
  bool fall_is_bound = false;
  /// Whether a reading combines several conversions; absent where neither rise nor fall was
  /// measured or the period is not known.
  std::optional<bool> is_averaged;
  /// Why something could not be measured, and what does not fit the settings, each a sentence.
  std::vector<std::string> notes;
};

}  // namespace layerwatt
