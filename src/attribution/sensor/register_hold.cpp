#include "attribution/sensor/register_hold.h"

#include <algorithm>

#include "layerwatt/attribution/conversion_clock.h"

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// Of repeated values: with fewer the register is renewed for every read or nearly so.
constexpr double kLeastRepeats = 0.25;
/// A piece of the load that is long enough, and no longer: the oscillator drifts.
constexpr double kSeconds = 6.0;
constexpr double kReadsPerPeriod = 1.3;
constexpr double kLongestPeriod = 0.12;
/// Of the mean distance of changes: equal values that follow each other make it longer than the
/// period.
constexpr double kLeast = 0.5;
constexpr double kMost = 1.15;

/// The readings of the longest stretch, its middle.
PowerTrace middle_of(const PowerTrace& trace, std::span<const Stretch> busy) {
  const auto longest = std::ranges::max_element(busy, {}, &Stretch::length);
  const double middle = 0.5 * (longest->begin + longest->end);
  const double half = 0.5 * std::min(kSeconds, longest->length());
  const Instant origin = trace.before.front();
  PowerTrace part;
  part.rail = trace.rail;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    const double t = to_seconds(trace.before[k] - origin);
    if (t < middle - half || t > middle + half) continue;
    part.before.push_back(trace.before[k]);
    part.after.push_back(trace.after[k]);
    part.power.push_back(trace.power[k]);
    if (!trace.voltage.empty()) part.voltage.push_back(trace.voltage[k]);
    if (!trace.current.empty()) part.current.push_back(trace.current[k]);
  }
  return part;
}

}  // namespace

double register_hold(const PowerTrace& trace, std::span<const Stretch> busy) {
  if (busy.empty() || trace.size() < 200) return 0.0;
  const PowerTrace part = middle_of(trace, busy);
  if (part.size() < 200) return 0.0;
  std::vector<double> seconds;
  double changes = 0.0;
  for (std::size_t k = 0; k < part.size(); ++k) {
    seconds.push_back(to_seconds(part.when(k) - part.before.front()));
    if (k > 0 && part.power[k].value() != part.power[k - 1].value()) changes += 1.0;
  }
  const double distance = usual_distance(seconds);
  const auto reads = static_cast<double>(part.size());
  if (distance <= 0.0 || changes < 20.0 || changes > (1.0 - kLeastRepeats) * reads) return 0.0;
  const double usual = seconds.back() / changes;
  const double least = std::max(kReadsPerPeriod * distance, kLeast * usual);
  const double most = std::min(kMost * usual, kLongestPeriod);
  if (most <= least) return 0.0;
  ClockSearch search;
  search.least_period = from_seconds(least);
  search.greatest_period = from_seconds(most);
  const auto clock = recover_conversion_clock(part, search);
  return clock ? clock->clock.period() : 0.0;
}

}  // namespace layerwatt
