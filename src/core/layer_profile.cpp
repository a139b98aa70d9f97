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

std::vector<double> runs_per_pass(const LayerProfile& profile) {
  std::int64_t most = 0;
  for (const LayerProfileRow& row : profile.rows) most = std::max(most, row.run_time.count);
  std::vector<double> runs(profile.rows.size(), 1.0);
  if (profile.schedule != Schedule::kWhole || most == 0) return runs;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i] = static_cast<double>(profile.rows[i].run_time.count) / static_cast<double>(most);
  }
  return runs;
}

std::optional<Joules> pass_energy_with_idle(const LayerProfile& profile) {
  if (!profile.pass_energy || !profile.pass_time || !profile.idle_power) return std::nullopt;
  return profile.pass_energy->value + profile.idle_power->value * *profile.pass_time;
}

RunTimeStats run_time_stats(std::span<const Duration> durations) {
  RunTimeStats stats;
  if (durations.empty()) return stats;
  std::vector<Duration> values(durations.begin(), durations.end());
  const auto quantile = [&](double q) {
    const double rank = q * static_cast<double>(values.size() - 1);
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), at, values.end());
    // The next in order is the least of those behind.
    const Duration below = *at;
    const Duration above = at + 1 == values.end() ? below : *std::min_element(at + 1, values.end());
    const auto step = static_cast<double>((above - below).count());
    return below + Duration(std::llround((rank - std::floor(rank)) * step));
  };
  stats.count = static_cast<std::int64_t>(values.size());
  stats.median = quantile(0.5);
  stats.p95 = quantile(0.95);
  // Parts of a nanosecond add up over many passes, and a sum of long runs must not overflow.
  double mean = 0.0;
  for (const Duration d : values) mean += static_cast<double>(d.count());
  stats.mean = Duration(std::llround(mean / static_cast<double>(values.size())));
  return stats;
}

}  // namespace layerwatt
