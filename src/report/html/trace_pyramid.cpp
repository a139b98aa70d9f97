#include "report/html/trace_pyramid.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace layerwatt {
namespace {

constexpr std::size_t kCoarsestBuckets = 2000;
constexpr float kNoSample = std::numeric_limits<float>::quiet_NaN();

PyramidLevel finest_level(const PowerTrace& trace, Instant origin, std::size_t max_buckets) {
  const std::size_t n = trace.size();
  const double begin = to_seconds(trace.when(0) - origin);
  const double length = std::max(to_seconds(trace.when(n - 1) - trace.when(0)), 1e-6);
  // Four samples a bucket on average, so that a bucket has an extent.
  const std::size_t buckets = std::clamp<std::size_t>(n / 4, 1, max_buckets);
  PyramidLevel level{begin, length / static_cast<double>(buckets), {}, {}, {}};
  level.min.assign(buckets, kNoSample);
  level.max.assign(buckets, kNoSample);
  std::vector<double> sum(buckets, 0.0);
  std::vector<std::size_t> count(buckets, 0);
  for (std::size_t i = 0; i < n; ++i) {
    const double offset = to_seconds(trace.when(i) - trace.when(0)) / level.step;
    const std::size_t at = std::min(buckets - 1, static_cast<std::size_t>(std::max(0.0, offset)));
    const auto power = static_cast<float>(trace.power[i].value());
    // fmin and fmax take the number where the other is NaN.
    level.min[at] = std::fmin(level.min[at], power);
    level.max[at] = std::fmax(level.max[at], power);
    sum[at] += trace.power[i].value();
    ++count[at];
  }
  level.mean.assign(buckets, kNoSample);
  for (std::size_t i = 0; i < buckets; ++i) {
    if (count[i] > 0) level.mean[i] = static_cast<float>(sum[i] / static_cast<double>(count[i]));
  }
  return level;
}

PyramidLevel coarser(const PyramidLevel& fine) {
  const std::size_t buckets = (fine.mean.size() + 3) / 4;
  PyramidLevel level{fine.start, fine.step * 4.0, {}, {}, {}};
  for (std::size_t i = 0; i < buckets; ++i) {
    float low = kNoSample;
    float high = kNoSample;
    float sum = 0.0F;
    int count = 0;
    for (std::size_t k = 4 * i; k < std::min(fine.mean.size(), 4 * i + 4); ++k) {
      low = std::fmin(low, fine.min[k]);
      high = std::fmax(high, fine.max[k]);
      if (std::isnan(fine.mean[k])) continue;
      sum += fine.mean[k];
      ++count;
    }
    level.min.push_back(low);
    level.max.push_back(high);
    level.mean.push_back(count > 0 ? sum / static_cast<float>(count) : kNoSample);
  }
  return level;
}

}  // namespace

std::vector<PyramidLevel> make_pyramid(const PowerTrace& trace, Instant origin,
                                       std::size_t max_buckets) {
  std::vector<PyramidLevel> levels;
  if (trace.size() < 2) return levels;
  levels.push_back(finest_level(trace, origin, max_buckets));
  while (levels.back().mean.size() > kCoarsestBuckets) levels.push_back(coarser(levels.back()));
  return levels;
}

TraceWindow cut_window(const PowerTrace& trace, Instant origin, Instant from, Instant to,
                       std::size_t max_samples) {
  const auto index_at = [&](Instant t) {
    std::size_t low = 0;
    std::size_t high = trace.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (trace.when(middle) < t) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  std::size_t begin = index_at(from);
  std::size_t end = index_at(to);
  if (end - begin > max_samples) {
    begin += (end - begin - max_samples) / 2;
    end = begin + max_samples;
  }
  TraceWindow window;
  for (std::size_t i = begin; i < end; ++i) {
    window.time.push_back(to_seconds(trace.when(i) - origin));
    window.power.push_back(static_cast<float>(trace.power[i].value()));
  }
  return window;
}

PowerTrace as_power(const PowerTrace& trace) {
  if (trace.rail.kind != RailKind::kEnergyCounter) return trace;
  PowerTrace power;
  power.rail = trace.rail;
  power.rail.kind = RailKind::kPower;
  // A counter that is read faster than it counts gives zeros and spikes: one sample a change.
  std::size_t last = 0;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    if (trace.energy[i] == trace.energy[last] || trace.when(i) <= trace.when(last)) continue;
    power.before.push_back(trace.when(last));
    power.after.push_back(trace.when(i));
    power.power.push_back((trace.energy[i] - trace.energy[last]) /
                          (trace.when(i) - trace.when(last)));
    last = i;
  }
  return power;
}

}  // namespace layerwatt
