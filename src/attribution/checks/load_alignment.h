#pragma once

#include <optional>
#include <span>
#include <vector>

#include "attribution/model/busy_time.h"

namespace layerwatt {

/// How well readings follow when something ran.
struct LoadAlignment {
  /// Readings follow the load best if it is taken to have run so much later, seconds.
  double offset = 0.0;
  /// Part of the readings' variance that is explained there, and where the stamps say.
  double explained = 0.0;
  double explained_as_stamped = 0.0;
  /// How far apart the readings are that it was looked for on, seconds: what `offset` is good for.
  double resolution = 0.0;

  /// The clocks of readings and stamps differ beyond doubt: the shift explains `least_gain` of the
  /// variance more than none. `sensor_delay`: readings may come as much later by themselves.
  bool is_off(double least_gain, double sensor_delay) const;
};

/// Looks for the shift of the load that explains the readings best, as one level while something
/// runs and one while nothing does, behind a filter of any time constant to a second. On at most
/// 1,500 means of readings that follow each other. Nullopt with fewer than 20 readings.
std::optional<LoadAlignment> align_load(std::span<const double> seconds,
                                        std::span<const double> watts,
                                        std::span<const Stretch> busy);

/// Part of the variance that the load explains as it is stamped, the time constant free.
double explained_by_load(std::span<const double> seconds, std::span<const double> watts,
                         std::span<const Stretch> busy);

/// A hole in the readings.
struct ReadingHole {
  /// Number of the first reading behind it.
  std::size_t behind = 0;
  double seconds = 0.0;
};

/// Holes longer than a quarter of a second and twenty usual distances, in order.
std::vector<ReadingHole> reading_holes(std::span<const double> seconds);

/// The hole at which the clock of the readings was set forward, if the load explains `least_gain`
/// of their variance more with all behind it moved back: its number in `holes`.
std::optional<std::size_t> clock_step(std::span<const double> seconds,
                                      std::span<const double> watts, std::span<const Stretch> busy,
                                      std::span<const ReadingHole> holes, double least_gain);

}  // namespace layerwatt
