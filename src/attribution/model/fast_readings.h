#pragma once

#include <cstddef>
#include <vector>

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/core/power_trace.h"

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// The readings of a sensor that shows single conversions, those of stalled reads left out. Seconds
/// from the load's origin; columns of equal length.
struct FastReadings {
  std::vector<double> before;
  std::vector<double> length;
  std::vector<double> watts;
  /// Median time that a read takes.
  double usual_length = 0.0;
  /// Of the register, as a power; 0 where it is not known.
  double step = 0.0;

  std::size_t size() const { return before.size(); }
  double end() const { return before.empty() ? 0.0 : before.back() + length.back(); }
  /// The readings whose read began in [from, to).
  FastReadings between(double from, double to) const;
  std::size_t count_between(double from, double to) const;
};

/// How far a stretch must reach to either side of `middle` to hold `enough` readings, at most
/// `longest`; it holds some already when it reaches `half` far. As far as their number there says,
/// which is right where readings are sparse throughout; where that is in a pause of the readings,
/// which would make it hold far too many, no further than it must.
double half_length_with(const FastReadings& readings, double middle, double half, double enough,
                        double longest);

FastReadings fast_readings(const PowerTrace& trace, Instant origin);

/// The pieces of the load that overlap [from, to], whole.
LoadPieces cut_out(const LoadPieces& load, double from, double to);

/// When within a read its register was latched: a part of the read, moved by a shift that is
/// estimated (it takes up the sensor's lag as well).
struct LatchPlace {
  double fraction = 0.4;
  double earlier = 0.0;
  /// Reads nearer than this part of a period to an end are left out, however well it is placed.
  double least_margin = 0.0;

  double time(const FastReadings& readings, std::size_t k) const {
    return readings.before[k] + fraction * readings.length[k] - earlier;
  }
};

/// When a chip converts and is read, by one of its channels: the others' conversions end some
/// constant time later, and a driver reads all channels alike.
struct ChipTiming {
  ConversionClock clock;
  LatchPlace latch;
};

/// Rows of a model of single conversions: a read, and the end of the conversion that it returned.
struct ConversionRows {
  std::vector<std::size_t> read;
  std::vector<double> end;
};

/// Where in a read the register is latched may vary by this part of the read's length.
inline constexpr double kLatchJitter = 0.12;

/// One row per conversion that was read, except where the read latched so close to a conversion's
/// end that it may have returned the one before or after.
ConversionRows conversion_rows(const FastReadings& readings, const ConversionClock& clock,
                               const LatchPlace& latch);

/// The step that power makes where the register does, at the mean voltage; the declared one where
/// none shows, as in products of voltage and current; else 0.
double power_step(const PowerTrace& trace);

}  // namespace layerwatt
