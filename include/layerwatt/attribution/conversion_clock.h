#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/core/power_chips.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// When a sensor's conversions end: a line in pieces through knots, so that a drifting oscillator
/// is followed. Conversion j ends at time_of(j); conversions are counted from an arbitrary one.
class ConversionClock {
 public:
  struct Knot {
    /// Position in conversions, need not be whole.
    double conversion = 0.0;
    /// Seconds from origin().
    double time = 0.0;
  };

  /// Precondition: at least two knots, both columns rising.
  ConversionClock(Instant origin, std::vector<Knot> knots);

  Instant origin() const { return origin_; }
  const std::vector<Knot>& knots() const { return knots_; }
  /// Seconds from origin(); beyond the knots the outermost pieces go on.
  double time_of(double conversion) const;
  /// Inverse of time_of.
  double conversion_at(double time) const;
  /// Mean seconds from one conversion to the next, over all knots.
  double period() const;
  /// With all conversions so many seconds later.
  ConversionClock shifted(double later) const;
  /// The same moments, in seconds from another origin.
  ConversionClock counted_from(Instant origin) const;

 private:
  Instant origin_;
  std::vector<Knot> knots_;
};

/// Where within a read its register was taken over: a part of the time from `before` to `after`.
/// A driver that reads current before voltage latches the current in the first half.
struct ReadLatch {
  double fraction = 0.5;
};

struct ClockSearch {
  /// From the driver's settings; the search goes `tolerance` to either side (INA3221: ±30 %).
  std::optional<Duration> expected_period;
  double tolerance = ina3221::kMostOscillatorError;
  /// Without an expected period: between these.
  Duration least_period = std::chrono::microseconds(200);
  Duration greatest_period = std::chrono::milliseconds(120);
};

struct RecoveredClock {
  /// Of the moments from which a read shows a new value: ends of conversions plus the sensor's lag.
  ConversionClock clock;
  ReadLatch latch;
  /// Standard error of the period, relative.
  double period_error = 0.0;
  /// How much more likely the data are with this clock than with the best one elsewhere, as a
  /// natural logarithm per block; the least over the blocks that were searched in full.
  double evidence = 0.0;
};

/// Recovers the conversion clock from the changes of a register: it changes only when a conversion
/// ends, so each change says that an end lies between two reads, and each repeat makes one
/// unlikely. A register under 512-fold averaging changes seldom; each change still bounds one end.
/// Uses the current where the trace has it (volts change at other moments), else power.
///
/// kUnknowable where the reads are too slow against the conversions to say anything, or where the
/// register hardly ever changes; the message says which.
Result<RecoveredClock> recover_conversion_clock(const PowerTrace& trace,
                                                const ClockSearch& search = {});

}  // namespace layerwatt
