#include "layerwatt/core/layer_profile.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace layerwatt {

std::string_view to_string(LayerStatus status) {
  switch (status) {
    case LayerStatus::kResolved:
      return "resolved";
    case LayerStatus::kMerged:
      return "merged";
    case LayerStatus::kUnresolved:
      return "unresolved";
  }
  std::abort();
}

RunTimeStats run_time_stats(std::span<const Duration> durations) {
  RunTimeStats stats;
  if (durations.empty()) return stats;
  std::vector<Duration> sorted(durations.begin(), durations.end());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    const double rank = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    const auto step = static_cast<double>((sorted[above] - sorted[below]).count());
    return sorted[below] + Duration(std::llround((rank - static_cast<double>(below)) * step));
  };
  stats.count = static_cast<std::int64_t>(sorted.size());
  stats.median = quantile(0.5);
  stats.p95 = quantile(0.95);
  // Parts of a nanosecond add up over many passes, and a sum of long runs must not overflow.
  double mean = 0.0;
  for (const Duration d : sorted) mean += static_cast<double>(d.count());
  stats.mean = Duration(std::llround(mean / static_cast<double>(sorted.size())));
  return stats;
}

}  // namespace layerwatt
