#include "attribution/clock/register_changes.h"

#include <algorithm>

namespace layerwatt {

std::vector<double> register_values(const PowerTrace& trace) {
  std::vector<double> values;
  values.reserve(trace.size());
  if (trace.rail.kind == RailKind::kEnergyCounter) {
    for (const Joules e : trace.energy) values.push_back(e.value());
  } else if (!trace.current.empty()) {
    for (const Amperes i : trace.current) values.push_back(i.value());
  } else {
    for (const Watts p : trace.power) values.push_back(p.value());
  }
  return values;
}

std::vector<double> latch_times(const PowerTrace& trace, Instant origin, double fraction) {
  std::vector<double> times(trace.size());
  for (std::size_t k = 0; k < times.size(); ++k) {
    times[k] = to_seconds(trace.before[k] - origin) +
               fraction * to_seconds(trace.after[k] - trace.before[k]);
  }
  return times;
}

std::vector<bool> stalled_reads(const PowerTrace& trace) {
  std::vector<bool> stalled(trace.size(), false);
  if (trace.size() == 0) return stalled;
  std::vector<Duration> lengths(trace.size());
  for (std::size_t k = 0; k < lengths.size(); ++k) lengths[k] = trace.after[k] - trace.before[k];
  std::vector<Duration> sorted = lengths;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const Duration limit = 3 * *middle;
  for (std::size_t k = 0; k < lengths.size(); ++k) {
    stalled[k] = limit > Duration(0) && lengths[k] > limit;
  }
  return stalled;
}

std::vector<RegisterEvent> register_events(const PowerTrace& trace, Instant origin,
                                           double fraction) {
  const std::vector<double> values = register_values(trace);
  const std::vector<double> times = latch_times(trace, origin, fraction);
  const std::vector<bool> stalled = stalled_reads(trace);
  std::vector<RegisterEvent> events;
  events.reserve(trace.size());
  for (std::size_t k = 1; k < times.size(); ++k) {
    if (stalled[k] || stalled[k - 1] || times[k] <= times[k - 1]) continue;
    events.push_back({times[k - 1], times[k], values[k] != values[k - 1]});
  }
  return events;
}

}  // namespace layerwatt
