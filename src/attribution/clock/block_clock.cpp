#include "attribution/clock/block_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "attribution/clock/register_changes.h"
#include "attribution/model/counter_windows.h"

namespace layerwatt {
namespace {

/// Fewer fit too many periods.
constexpr std::size_t kLeastChanges = 8;
/// A change seen by reads further apart than this, in usual distances, was seen by a late read.
constexpr double kLate = 1.5;
/// The period is looked for in so many changes in the middle.
constexpr std::size_t kSearchedChanges = 300;
/// Periods are tried in steps that move the last change by this part of one.
constexpr double kPeriodStep = 0.1;
/// A knot of the clock is the mean of so many changes, over so many seconds, at least. An
/// oscillator strays from a line by some 20 µs in that time; where reads and blocks beat, half ways
/// between reads are off alike for a while.
constexpr double kChangesPerKnot = 100.0;
constexpr double kKnotSeconds = 10.0;
/// Changes lie evenly between reads, and so 0.29 of their distance from half way; an oscillator
/// that wanders adds a little of the period. More than this is no clock.
constexpr double kMostScatter = 0.5;
constexpr double kMostWander = 0.02;

struct Change {
  double time = 0.0;
  /// Number of the value that it began.
  double number = 0.0;
};

/// The period with which the times fall in step best.
double best_period(std::span<const Change> changes, double low, double high) {
  const double length = changes.back().time - changes.front().time;
  const double step = kPeriodStep * low * low / std::max(length, low);
  double best = low;
  double most = -1.0;
  for (double period = low; period <= high; period += step) {
    const double turn = 2.0 * std::numbers::pi / period;
    double cosines = 0.0;
    double sines = 0.0;
    for (const Change& change : changes) {
      cosines += std::cos(turn * (change.time - changes.front().time));
      sines += std::sin(turn * (change.time - changes.front().time));
    }
    const double together = std::hypot(cosines, sines);
    if (together <= most) continue;
    most = together;
    best = period;
  }
  return best;
}

/// Counts values on from the first change. Half of what a change is off the expected instant is
/// believed, so that errors of single changes do not add up.
void number_changes(std::vector<Change>& changes, double period) {
  double expected = changes.front().time;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    const double ahead = std::max(1.0, std::round((changes[i].time - expected) / period));
    changes[i].number = changes[i - 1].number + ahead;
    expected += ahead * period;
    expected += 0.5 * (changes[i].time - expected);
  }
}

/// How many changes follow the one before by one: most of them, unless the period is a part of the
/// true one.
std::size_t changes_in_turn(std::span<const Change> changes) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < changes.size(); ++i) {
    if (changes[i].number - changes[i - 1].number < 1.5) ++count;
  }
  return count;
}

/// The line through times over numbers: two points on it, at the first number and the last.
std::vector<ConversionClock::Knot> line_through(std::span<const Change> changes) {
  const auto n = static_cast<double>(changes.size());
  double number = 0.0;
  double time = 0.0;
  for (const Change& change : changes) {
    number += change.number / n;
    time += change.time / n;
  }
  double products = 0.0;
  double squares = 0.0;
  for (const Change& change : changes) {
    products += (change.number - number) * (change.time - time);
    squares += (change.number - number) * (change.number - number);
  }
  const double period = products / squares;
  const auto at = [&](double where) {
    return ConversionClock::Knot{where, time + (where - number) * period};
  };
  return {at(changes.front().number), at(changes.back().number)};
}

ConversionClock::Knot mean_of(std::span<const Change> changes) {
  const auto n = static_cast<double>(changes.size());
  ConversionClock::Knot mean;
  for (const Change& change : changes) {
    mean.conversion += change.number / n;
    mean.time += change.time / n;
  }
  return mean;
}

std::vector<ConversionClock::Knot> knots_through(std::span<const Change> changes) {
  const double length = changes.back().time - changes.front().time;
  const auto count = static_cast<std::size_t>(
      std::min(static_cast<double>(changes.size()) / kChangesPerKnot, length / kKnotSeconds));
  if (count < 3) return line_through(changes);
  std::vector<ConversionClock::Knot> knots;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t first = i * changes.size() / count;
    const std::size_t last = (i + 1) * changes.size() / count;
    knots.push_back(mean_of(changes.subspan(first, last - first)));
  }
  return knots;
}

}  // namespace

Result<ConversionClock> recover_block_clock(const PowerTrace& trace, double period,
                                            double tolerance) {
  const Instant origin = trace.before.front();
  const double apart = usual_read_distance(trace);
  std::vector<Change> changes;
  for (const RegisterEvent& event : register_events(trace, origin, kBlockLatch)) {
    // Reads that came late saw several values pass, or at least not when.
    if (!event.changed || event.to - event.from > kLate * apart) continue;
    changes.push_back({0.5 * (event.from + event.to)});
  }
  if (changes.size() < kLeastChanges) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("the register of rail {} changed only {} times in the recording: "
                             "record for longer",
                             trace.rail.name, changes.size()));
  }
  const std::size_t searched = std::min(changes.size(), kSearchedChanges);
  const double found =
      best_period(std::span(changes).subspan((changes.size() - searched) / 2, searched),
                  period * (1.0 - tolerance), period * (1.0 + tolerance));
  number_changes(changes, found);
  ConversionClock clock(origin, knots_through(changes));
  const bool skips = 2 * changes_in_turn(changes) < changes.size();
  double squares = 0.0;
  for (const Change& change : changes) {
    const double off = change.time - clock.time_of(change.number);
    squares += off * off;
  }
  if (skips || std::sqrt(squares / static_cast<double>(changes.size())) >
                   std::max(kMostScatter * apart, kMostWander * found)) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("the register of rail {} does not change about every {:.3g} ms: "
                             "measure the sensor's settings with `sensors --characterise`",
                             trace.rail.name, 1e3 * period));
  }
  return clock;
}

}  // namespace layerwatt
