#include "attribution/model/counter_windows.h"

#include <algorithm>
#include <vector>

#include "attribution/clock/register_changes.h"

namespace layerwatt {
namespace {

/// Above this part of reads that saw the counter moved, some renewals were not seen.
constexpr double kNearlyEvery = 0.8;

double median(std::vector<double>& values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

PowerTrace counter_windows(const PowerTrace& counter, Duration least) {
  PowerTrace means;
  means.rail = counter.rail;
  means.rail.kind = RailKind::kPower;
  means.rail.counter_range.reset();
  const std::vector<bool> stalled = stalled_reads(counter);
  std::size_t begin = 0;
  for (std::size_t k = 1; k < counter.size(); ++k) {
    if (stalled[k] || counter.energy[k] == counter.energy[k - 1]) continue;
    if (begin > 0) {
      const Duration length = counter.when(k) - counter.when(begin);
      if (length <= Duration(0) || length < least) continue;
      means.before.push_back(counter.when(begin));
      means.after.push_back(counter.when(k));
      means.power.push_back((counter.energy[k] - counter.energy[begin]) / length);
    }
    begin = k;
  }
  return means;
}

double renewal_period(const PowerTrace& counter, std::optional<Duration> declared) {
  std::vector<double> distances;
  std::size_t last = 0;
  for (std::size_t k = 1; k < counter.size(); ++k) {
    if (counter.energy[k] == counter.energy[k - 1]) continue;
    if (last > 0) distances.push_back(to_seconds(counter.when(k) - counter.when(last)));
    last = k;
  }
  const auto moved = static_cast<double>(distances.size());
  const double seen = median(distances);
  const bool nearly_every = moved > kNearlyEvery * static_cast<double>(counter.size());
  if (!declared || (seen > 0.0 && !nearly_every)) return seen;
  return seen > 0.0 ? std::min(seen, to_seconds(*declared)) : to_seconds(*declared);
}

double usual_read_distance(const PowerTrace& counter) {
  std::vector<double> distances;
  for (std::size_t k = 1; k < counter.size(); ++k) {
    distances.push_back(to_seconds(counter.when(k) - counter.when(k - 1)));
  }
  return median(distances);
}

}  // namespace layerwatt
