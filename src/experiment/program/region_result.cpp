#include "layerwatt/experiment/region_result.h"

#include <algorithm>
#include <utility>

#include "layerwatt/attribution/span_energy.h"

namespace layerwatt {
namespace {

RegionResult by_readings(const MarkedRegion& region, RegionResult result,
                         const std::optional<Estimate<Watts>>& idle, const Recording& recording) {
  if (!recording.total || !idle) {
    result.reason = "It holds other regions, and the recording has no total or no idle power.";
    return result;
  }
  std::vector<double> energies;
  for (const MarkedRegion::Span& span : region.instances) {
    const auto energy = energy_between(*recording.total, span.start, span.end);
    if (!energy) continue;
    energies.push_back(energy->value() - (idle->value * (span.end - span.start)).value());
  }
  if (energies.empty()) {
    result.reason = "The recording does not cover it.";
    return result;
  }
  const RepeatedMean mean = mean_of_repeats(energies);
  result.energy = Estimate<Joules>{Joules(mean.mean), std::nullopt, std::nullopt};
  result.status = LayerStatus::kResolved;
  if (mean.half_width) {
    result.energy->low = Joules(mean.mean - *mean.half_width);
    result.energy->high = Joules(mean.mean + *mean.half_width);
  } else {
    result.reason = "It ran once: one value has no interval.";
  }
  return result;
}

RegionResult by_solving(RegionResult result, const LayerProfile& profile) {
  const auto row = std::ranges::find_if(
      profile.rows, [&](const LayerProfileRow& r) { return r.layer.name == result.name; });
  if (row == profile.rows.end() || row->run_time.count == 0) {
    result.reason = "It never ran alone: look at the rows that name it beside others.";
    return result;
  }
  if (row->run_time.count != result.count) {
    result.reason =
        "It ran beside other regions a part of the time: the rows that name it tell its power.";
    return result;
  }
  result.energy = row->energy;
  result.status = row->status;
  result.reason = row->reason;
  return result;
}

}  // namespace

std::vector<RegionResult> results_of_regions(const std::vector<MarkedRegion>& regions,
                                             const LayerProfile& profile,
                                             const Recording& recording) {
  std::vector<RegionResult> results;
  for (const MarkedRegion& region : regions) {
    RegionResult result;
    result.name = region.name;
    result.holds_others = region.holds_others;
    result.count = static_cast<std::int64_t>(region.instances.size());
    Duration sum{0};
    for (const MarkedRegion::Span& span : region.instances) sum += span.end - span.start;
    if (result.count > 0) result.time = sum / result.count;
    results.push_back(region.holds_others
                          ? by_readings(region, std::move(result), profile.idle_power, recording)
                          : by_solving(std::move(result), profile));
  }
  return results;
}

}  // namespace layerwatt
