#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/attribution/window.h"

namespace layerwatt {

MappedProfile::MappedProfile(std::string method, std::vector<Layer> layers, double idle_microwatts)
    : method_(std::move(method)),
      layers_(std::move(layers)),
      idle_microwatts_(idle_microwatts),
      sums_(layers_.size()) {}

void MappedProfile::add(const MappedExecution& execution) {
  Sum& sum = sums_[execution.layer];
  sum.run_times.push_back(from_seconds(execution.milliseconds * 1e-3));
  sum.samples += execution.samples;
  if (execution.microwatts) {
    sum.microwatts += *execution.microwatts;
    ++sum.with_power;
  }
  passes_ = std::max(passes_, execution.pass + 1);
}

LayerProfileRow MappedProfile::make_row(std::size_t layer) {
  Sum& sum = sums_[layer];
  LayerProfileRow row;
  row.layer = std::move(layers_[layer]);
  row.run_time = run_time_stats(sum.run_times);
  row.sample_count = sum.samples;
  if (sum.with_power == 0) {
    row.status = LayerStatus::kUnresolved;
    row.reason = "no sample fell into any of its executions";
    return row;
  }
  const double mean = sum.microwatts / static_cast<double>(sum.with_power) - idle_microwatts_;
  row.power = Estimate<Watts>{microwatts(mean), std::nullopt, std::nullopt};
  row.energy = Estimate<Joules>{row.power->value * row.run_time.mean, std::nullopt, std::nullopt};
  row.status = LayerStatus::kResolved;
  return row;
}

LayerProfile MappedProfile::finish() && {
  LayerProfile profile;
  profile.method = method_;
  profile.passes = passes_;
  profile.idle_power = Estimate<Watts>{microwatts(idle_microwatts_), std::nullopt, std::nullopt};
  Joules total(0.0);
  std::size_t without_power = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    profile.rows.push_back(make_row(i));
    const LayerProfileRow& row = profile.rows.back();
    profile.samples += *row.sample_count;
    if (row.energy) {
      total += row.energy->value;
    } else {
      ++without_power;
    }
  }
  if (total > Joules(0.0)) {
    for (LayerProfileRow& row : profile.rows) {
      if (row.energy) row.share = row.energy->value / total;
    }
  }
  profile.notes.push_back(
      fmt::format("'{}' takes each sample for the power of its instant; behind an averaging sensor "
                  "all layers then look alike. It gives no intervals.",
                  method_));
  if (without_power > 0) {
    profile.notes.push_back(fmt::format("{} of {} layers have no power: no sample fell into them.",
                                        without_power, sums_.size()));
  }
  return profile;
}

}  // namespace layerwatt
