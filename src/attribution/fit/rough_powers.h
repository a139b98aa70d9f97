#pragma once

#include <optional>
#include <vector>

#include "attribution/model/design_matrix.h"
#include "attribution/model/fast_readings.h"

namespace layerwatt {

/// Powers of a stretch of the recording, while its timing is looked for.
struct StretchPowers {
  /// Per column of the load.
  std::vector<double> watts;
  double idle = 0.0;
  /// Mean of the squared residuals.
  double mean_square = 0.0;

  /// Mean power of what ran in `load`.
  double mean(const LoadPieces& load) const;
};

/// Mean of the readings where nothing ran and no reading, at most `age` seconds old, can show the
/// load; 0 where there are too few of them.
double idle_level(const FastReadings& readings, const LoadPieces& load, double age = 0.0);
/// Their variance, W²: what readings of a steady power scatter by. 0 where there are too few.
double idle_variance(const FastReadings& readings, const LoadPieces& load, double age = 0.0);

/// Powers above `idle` from a kernel that knows only that a reading is at most one period old:
/// unbiased, coarse.
StretchPowers rough_powers(const FastReadings& readings, const LoadPieces& load, double period,
                           double window, double idle);

/// Powers above the idle power of `guess` that fit best if conversions ended so: least squares,
/// layers drawn to the mean of `guess` as far as the readings leave them open. Absent where few
/// readings are of one conversion for sure.
std::optional<StretchPowers> powers_at_clock(const FastReadings& readings, const LoadPieces& load,
                                             const SensorKernel& kernel,
                                             const ConversionClock& clock, const LatchPlace& latch,
                                             const StretchPowers& guess);

}  // namespace layerwatt
