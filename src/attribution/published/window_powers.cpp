#include <algorithm>

#include "layerwatt/attribution/window.h"

namespace layerwatt {
namespace {

/// Executions of each layer pass by pass, as the published mapping takes them: under `weighing`
/// the first in each pass in which all layers run.
struct LayerColumns {
  std::vector<std::vector<double>> milliseconds;
  std::vector<std::vector<Instant>> ends;
  std::vector<ExecutionColumns> columns;
};

LayerColumns columns_of(const Timeline& timeline) {
  LayerColumns out;
  out.milliseconds.resize(timeline.layers.size());
  out.ends.resize(timeline.layers.size());
  const bool is_weighing = timeline.schedule == Schedule::kWeighing;
  const std::vector<bool> is_complete = complete_passes(timeline);
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    const bool is_counted = e.repeat == 0 && is_complete[static_cast<std::size_t>(e.pass)];
    if (is_weighing && !is_counted) continue;
    const auto layer = static_cast<std::size_t>(e.segment);
    out.milliseconds[layer].push_back(to_milliseconds(e.run_time()));
    out.ends[layer].push_back(e.end);
  }
  // The mapping goes through the layers pass by pass: unequal counts (layers that ran alone) are
  // cut to what every layer has.
  std::size_t passes = out.ends.empty() ? 0 : out.ends.front().size();
  for (const auto& ends : out.ends) passes = std::min(passes, ends.size());
  for (std::size_t i = 0; i < out.ends.size(); ++i) {
    out.milliseconds[i].resize(passes);
    out.ends[i].resize(passes);
    out.columns.push_back({out.milliseconds[i], out.ends[i]});
  }
  return out;
}

/// Whether every layer runs once a pass, in the order of the layers: what the published mapping
/// relies on.
bool runs_in_order(const Timeline& timeline) { return timeline.schedule == Schedule::kWhole; }

/// Mean of the samples inside each execution, each execution by itself: what `window` means where
/// layers do not run in turn.
std::vector<std::optional<Watts>> means_inside(const PowerTrace& total, const Timeline& timeline,
                                               Watts idle) {
  std::vector<double> sum(timeline.layers.size(), 0.0);
  std::vector<std::int64_t> executions(timeline.layers.size(), 0);
  std::size_t sample = 0;
  for (const Execution& e : timeline.executions) {
    if (e.segment == kWholePass) continue;
    while (sample < total.size() && total.when(sample) < e.start) ++sample;
    double inside = 0.0;
    std::int64_t count = 0;
    for (; sample < total.size() && total.when(sample) <= e.end; ++sample, ++count) {
      inside += total.power[sample].value();
    }
    if (count == 0) continue;
    sum[static_cast<std::size_t>(e.segment)] += inside / static_cast<double>(count);
    ++executions[static_cast<std::size_t>(e.segment)];
  }
  std::vector<std::optional<Watts>> powers(timeline.layers.size());
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (executions[i] > 0) powers[i] = watts(sum[i] / static_cast<double>(executions[i])) - idle;
  }
  return powers;
}

}  // namespace

std::vector<std::optional<Watts>> window_powers(const PowerTrace& total, const Timeline& timeline,
                                                Watts idle) {
  std::vector<std::optional<Watts>> powers(timeline.layers.size());
  if (total.power.size() != total.size()) return powers;  // a counter has no samples of power
  if (!runs_in_order(timeline)) return means_inside(total, timeline, idle);
  std::vector<Instant> instants;
  std::vector<double> microwatts_of;
  for (std::size_t i = 0; i < total.size(); ++i) {
    instants.push_back(total.when(i));
    microwatts_of.push_back(in_microwatts(total.power[i]));
  }
  const LayerColumns layers = columns_of(timeline);
  MappedProfile mapped("window", timeline.layers, in_microwatts(idle));
  const auto done = map_window({instants, microwatts_of}, layers.columns,
                               [&](const MappedExecution& execution) { mapped.add(execution); });
  if (!done) return powers;
  const LayerProfile profile = std::move(mapped).finish();
  for (std::size_t i = 0; i < powers.size(); ++i) {
    if (profile.rows[i].power) powers[i] = profile.rows[i].power->value;
  }
  return powers;
}

}  // namespace layerwatt
