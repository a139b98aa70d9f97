#pragma once

#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "layerwatt/attribution/conversion_clock.h"

#include "attribution/model/predicted_load.h"

namespace layerwatt {

/// Readings of single conversions, for finding their clock by the load itself.
struct LatchedReadings {
  /// Seconds at which each read latched, to within `jitter`.
  std::vector<double> time;
  std::vector<double> watts;
  double jitter = 0.0;
  /// Ends are tried in steps of this, seconds: a fifth of a stock conversion (140 µs), about half
  /// of what a wrong end must be off to be seen. Longer conversions see as much with longer steps.
  double end_step = 30e-6;
};

/// Finds when conversions ended by trying clocks against what the readings would then have to show.
/// It works where reads are slower than conversions, so that a register changes at every read and
/// its changes tell nothing.
class LoadClockSearch {
 public:
  LoadClockSearch(const PredictedLoad& load, const LatchedReadings& readings, double noise);
  /// For track() alone.
  LoadClockSearch(PredictedStretches& load, const LatchedReadings& readings, double noise);

  struct Lock {
    double period = 0.0;
    /// An end of a conversion near the middle of the stretch, seconds.
    double end = 0.0;
    /// Minus the log-likelihood of the stretch.
    double loss = 0.0;
    double middle = 0.0;
  };
  /// The best clocks with periods in [low, high] for the stretch of readings [first, last), best
  /// first, at most `most`, none of them a neighbour of a better one.
  std::vector<Lock> acquire(std::size_t first, std::size_t last, double low, double high,
                            std::size_t most) const;

  /// Follows the clock over all readings from `lock` on, in stretches of `stretch` seconds.
  std::vector<ConversionClock::Knot> track(const Lock& lock, double stretch);

 private:
  Lock refine(Lock lock, std::size_t first, std::size_t last, double period_step) const;
  /// No loss is beyond it, so that all readings are counted.
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();
  /// Of the readings [first, last). Counted no further than beyond `enough`.
  double loss(std::size_t first, std::size_t last, double period, double end,
              double enough = kNoLimit) const;

  const PredictedLoad* load_ = nullptr;
  PredictedStretches* stretches_ = nullptr;
  const LatchedReadings* readings_;
  double per_variance_;
};

}  // namespace layerwatt
