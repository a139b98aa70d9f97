#include "attribution/checks/stuck_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Without most of the load nothing is known of it.
constexpr double kThroughout = 0.5;
/// Equal readings for so long, across an edge of the load or while it ran.
constexpr double kStuckSeconds = 0.25;
/// Stamps and readings may be so far apart without that readings stood still.
constexpr double kBeforeEdge = 0.1;
constexpr double kStuckLong = 0.6;
/// A value stands still from this time on; of a sensor that follows the load, this part of it.
constexpr double kStill = 0.08;
constexpr double kRarelyStill = 0.005;
constexpr std::size_t kLeastStuck = 20;
/// What moved is told from what stood only beside this much of the load, in seconds and parts.
constexpr double kLeastOthers = 0.3;
constexpr double kLeastOthersPart = 0.1;

struct Run {
  std::size_t first = 0;
  std::size_t last = 0;  ///< one behind
};

class StuckSearch {
 public:
  StuckSearch(const CheckedReadings& readings, std::span<const Stretch> busy, double sensor_delay)
      : readings_(readings), busy_(busy), sensor_delay_(sensor_delay) {}

  StuckReadings run() {
    StuckReadings stuck;
    for (const Stretch& s : busy_) stuck.all_busy_seconds += s.length();
    const std::vector<Run> all = runs();
    double still = 0.0;
    for (const Run& run : all) {
      if (length_of(run) > kStill) still += busy_part(run);
    }
    for (const Run& run : all) {
      if (run.last - run.first < kLeastStuck || length_of(run) < sensor_delay_) continue;
      const Stretch stretch{readings_.seconds[run.first], readings_.seconds[run.last - 1]};
      if (!crosses_edge(stretch) && !stands_alone(run, still, stuck.all_busy_seconds)) continue;
      for (std::size_t k = run.first; k < run.last; ++k) stuck.numbers.push_back(k);
      stuck.stretches.push_back(stretch);
      stuck.seconds += stretch.length();
      stuck.busy_seconds += busy_part(run);
    }
    return stuck;
  }

 private:
  std::vector<Run> runs() const {
    std::vector<Run> runs;
    const auto is_like_last = [&](std::size_t k) {
      return readings_.watts[k] == readings_.watts[k - 1] &&
             (readings_.amperes.empty() || readings_.amperes[k] == readings_.amperes[k - 1]);
    };
    for (std::size_t k = 0; k < readings_.size(); ++k) {
      if (k > 0 && is_like_last(k)) {
        runs.back().last = k + 1;
      } else {
        runs.push_back({k, k + 1});
      }
    }
    return runs;
  }

  double length_of(const Run& run) const {
    return readings_.seconds[run.last - 1] - readings_.seconds[run.first];
  }

  /// How much of it the load ran for.
  double busy_part(const Run& run) const {
    double seconds = 0.0;
    for (const Stretch& s : busy_) {
      seconds += std::max(0.0, std::min(s.end, readings_.seconds[run.last - 1]) -
                                   std::max(s.begin, readings_.seconds[run.first]));
    }
    return seconds;
  }

  /// Behind a slow filter values stand still now and then; of a fast sensor, none does. Where
  /// nothing else of the load is there to compare with, nothing is told.
  bool stands_alone(const Run& run, double still, double all_busy) const {
    const double own = busy_part(run);
    const double others = all_busy - own;
    if (own <= kStuckLong || others < std::max(kLeastOthers, kLeastOthersPart * own)) return false;
    return still - own < kRarelyStill * others;
  }

  /// Whether the load began or ended well within it.
  bool crosses_edge(const Stretch& stretch) const {
    return std::ranges::any_of(busy_, [&](const Stretch& s) {
      const auto within = [&](double edge) {
        return stretch.begin < edge - kBeforeEdge && stretch.end > edge + kStuckSeconds;
      };
      return within(s.begin) || within(s.end);
    });
  }

  const CheckedReadings& readings_;
  std::span<const Stretch> busy_;
  double sensor_delay_;
};

}  // namespace

StuckReadings find_stuck(const CheckedReadings& readings, std::span<const Stretch> busy,
                         double sensor_delay) {
  return StuckSearch(readings, busy, sensor_delay).run();
}

std::optional<CheckVerdict> check_all_equal(const CheckedReadings& readings) {
  if (readings.size() < kLeastStuck) return std::nullopt;
  const auto is_first = [&](double w) { return w == readings.watts.front(); };
  const auto is_first_current = [&](double i) { return i == readings.amperes.front(); };
  if (!std::ranges::all_of(readings.watts, is_first) ||
      !std::ranges::all_of(readings.amperes, is_first_current)) {
    return std::nullopt;
  }
  return CheckVerdict{{RecordingCheck::kStuck,
                       fmt::format("all {} readings are equal ({}): the sensor did not follow the "
                                   "load (a hung bus, a value from a cache)",
                                   format_grouped(static_cast<std::int64_t>(readings.size())),
                                   format_si(readings.watts.front(), "W"))},
                      true,
                      {}};
}

std::optional<CheckVerdict> stuck_verdict(StuckReadings stuck) {
  if (stuck.numbers.empty()) return std::nullopt;
  if (stuck.all_busy_seconds > 0.0 && stuck.busy_seconds > kThroughout * stuck.all_busy_seconds) {
    return CheckVerdict{{RecordingCheck::kStuck,
                         fmt::format("the readings stood still for {} while the load changed: the "
                                     "sensor did not follow it (a hung bus, a value from a cache)",
                                     format_si(stuck.seconds, "s"))},
                        true,
                        {}};
  }
  return CheckVerdict{
      {RecordingCheck::kStuck,
       fmt::format("The readings stood still for {} (from {} on) while the load went on: they "
                   "were left out.",
                   format_si(stuck.seconds, "s"), format_si(stuck.stretches.front().begin, "s"))},
      false,
      std::move(stuck.numbers)};
}

}  // namespace layerwatt
