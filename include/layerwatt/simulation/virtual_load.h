#pragma once

#include <cstdint>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// From `at` on the board draws `watts` above idle.
struct LoadStep {
  Instant at;
  double watts = 0.0;
};

/// The known powers of the segments of a timeline, all above idle.
struct LayerPowers {
  /// Per segment, of the first execution in its place and of immediate repeats (warm caches).
  std::vector<Watts> first;
  std::vector<Watts> repeated;
  /// Between segments: launches, copies, the runner itself.
  Watts gap;
  /// In interludes, on average: it moves about that, as a program that loads does.
  Watts interlude;
  /// Heat: all of these rise evenly by this part over `heat_time` from the first execution on, and
  /// stay there. Idle power does not show it.
  double heat = 0.0;
  Duration heat_time = std::chrono::seconds(20);

  /// What powers are multiplied by, so long after the first execution began.
  double heat_factor(Duration running) const;
};

/// A pause between two executions that is longer than this is idle, not a gap.
inline constexpr Duration kLongestGap = std::chrono::milliseconds(50);

/// The piecewise-constant load of a timeline: the segment's power while it runs, the gap's power
/// between executions, that of interludes, idle before the first, after the last and in pauses
/// longer than kLongestGap.
/// A pass that has a kWholePass record alone draws the mean of the layers, weighted by their run
/// times elsewhere in the timeline. Overlapping executions are cut at the next one's begin.
Result<std::vector<LoadStep>> load_of_timeline(const Timeline& timeline, const LayerPowers& powers);

/// The exact energy of a load above idle between two instants.
Joules energy_of_load(const std::vector<LoadStep>& load, Instant from, Instant to);

/// Slow change of the idle power: a line, a warming-up that settles, and a random walk.
struct DriftSpec {
  double watts_per_second = 0.0;
  /// Rises by `thermal_watts` · (1 − exp(−t / thermal_time_constant)).
  double thermal_watts = 0.0;
  Duration thermal_time_constant = std::chrono::seconds(30);
  /// Standard deviation after one second.
  double walk_watts = 0.0;
};

/// One course of a drift, the same for the same seed. Asked for in order of time.
class DriftPath {
 public:
  DriftPath(const DriftSpec& spec, std::uint64_t seed, Instant start);
  /// 0 before the start.
  double watts_at(Instant t);

 private:
  DriftSpec spec_;
  Random random_;
  Instant start_;
  /// The walk is drawn on a grid and straight between its points.
  std::int64_t cell_ = -1;
  double walk_low_ = 0.0;
  double walk_high_ = 0.0;
};

}  // namespace layerwatt
