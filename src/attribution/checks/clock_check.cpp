#include "attribution/checks/clock_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"

#include "attribution/checks/load_alignment.h"

namespace layerwatt {

std::optional<ClockMove> check_clock_step(const CheckedReadings& readings,
                                          const ClockDoubt& doubt) {
  const std::vector<ReadingHole> holes = reading_holes(readings.seconds);
  if (holes.empty() || readings.busy.empty()) return std::nullopt;
  const auto step =
      clock_step(readings.seconds, readings.watts, readings.busy, holes, doubt.least_gain);
  if (!step) return std::nullopt;
  const ReadingHole& hole = holes[*step];
  ClockMove move;
  move.finding = {
      RecordingCheck::kClockStep,
      fmt::format("The clock of the readings was set forward by {} at {} (no readings, and "
                  "behind it they follow the load only if moved back): they were moved back, "
                  "and layers are not told.",
                  format_si(hole.seconds, "s"),
                  format_si(readings.seconds[hole.behind] - hole.seconds, "s"))};
  move.hides_layers = "the clock of the readings was set within the recording";
  move.first = hole.behind;
  move.seconds = -hole.seconds;
  return move;
}

std::optional<ClockMove> check_clocks(const CheckedReadings& readings, const ClockDoubt& doubt) {
  const auto found = align_load(readings.seconds, readings.watts, readings.busy);
  if (!found || !found->is_off(doubt.least_gain, doubt.sensor_delay)) return std::nullopt;
  ClockMove move;
  move.finding = {
      RecordingCheck::kClocks,
      fmt::format("The readings follow the load {} {} than the stamps say: samples and stamps "
                  "are of clocks that differ, or the start that was given is off. The total is "
                  "that of the load as the readings show it; layers are not told.",
                  format_si(std::abs(found->offset), "s"),
                  found->offset > 0.0 ? "later" : "earlier")};
  move.hides_layers = "samples and stamps are of clocks that differ";
  move.seconds = -found->offset;
  return move;
}

std::optional<ClockMove> check_clock_match(const CheckedReadings& readings,
                                           const ClockDoubt& doubt) {
  if (auto step = check_clock_step(readings, doubt)) return step;
  return check_clocks(readings, doubt);
}

CheckedReadings moved(CheckedReadings readings, const ClockMove& move) {
  for (std::size_t k = move.first; k < readings.size(); ++k) readings.seconds[k] += move.seconds;
  return readings;
}

std::optional<CheckFinding> check_gaps(const CheckedReadings& readings,
                                       std::span<const Stretch> told) {
  if (readings.busy.empty()) return std::nullopt;
  double lost = 0.0;
  double first = 0.0;
  std::size_t count = 0;
  for (const ReadingHole& hole : reading_holes(readings.seconds)) {
    const Stretch gap{readings.seconds[hole.behind] - hole.seconds, readings.seconds[hole.behind]};
    if (gap.end < readings.busy.front().begin || gap.begin > readings.busy.back().end) continue;
    if (std::ranges::any_of(
            told, [&](const Stretch& s) { return gap.end > s.begin && gap.begin < s.end; })) {
      continue;
    }
    if (count == 0) first = gap.begin;
    lost += hole.seconds;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return CheckFinding{
      RecordingCheck::kGap,
      fmt::format("There are no readings for {} while the network ran ({} gap{}, the first at "
                  "{}): what ran meanwhile is taken to have drawn what it drew elsewhere.",
                  format_si(lost, "s"), count, count > 1 ? "s" : "", format_si(first, "s"))};
}

}  // namespace layerwatt
