#include "attribution/model/read_times.h"

#include <algorithm>

namespace layerwatt {
namespace {

/// A pair of registers behind an I2C bus of 100 kHz takes 1 to 1.4 ms on an Orin.
constexpr Duration kLongestRead = std::chrono::milliseconds(2);

}  // namespace

double median_of(std::vector<double> values) {
  if (values.empty()) return 0.0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double usual_distance(const std::vector<double>& seconds) {
  std::vector<double> distances;
  for (std::size_t k = 1; k < seconds.size(); ++k) {
    distances.push_back(seconds[k] - seconds[k - 1]);
  }
  return median_of(std::move(distances));
}

double least_hole(double usual_distance) {
  // A reader that the scheduler stalled comes back within some reads, and
  // after less than a quarter of a second where reads are dense.
  constexpr double kDistances = 20.0;
  constexpr double kSeconds = 0.25;
  return std::max(kDistances * usual_distance, kSeconds);
}

PowerTrace with_read_times(PowerTrace trace) {
  if (trace.size() < 2 || trace.before != trace.after) return trace;
  std::vector<Duration> distances;
  for (std::size_t k = 1; k < trace.size(); ++k) {
    distances.push_back(trace.before[k] - trace.before[k - 1]);
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  const Duration half = std::min(*middle, kLongestRead) / 2;
  for (std::size_t k = 0; k < trace.size(); ++k) {
    trace.before[k] -= half;
    trace.after[k] += half;
  }
  return trace;
}

}  // namespace layerwatt
