#include <fmt/format.h>

#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/experiment/isolate.h"
#include "layerwatt/running/prepare_network.h"
#include "layerwatt/running/run_network.h"

#include "experiment/isolate/isolate_mode.h"

namespace layerwatt {
namespace {

/// Before its run times count, a layer runs for so long: caches fill and clocks rise.
constexpr Duration kWarm = std::chrono::milliseconds(200);
/// Of the whole network, to stand beside the sum of its layers.
constexpr std::int64_t kWholePasses = 20;

RunPlan plan_of(const IsolateOptions& options) {
  RunPlan plan = options.measure.plan.run;
  plan.schedule = Schedule::kIsolated;
  plan.runs = std::max(options.sample_count, kWholePasses);
  plan.duration.reset();
  plan.isolated_settle = options.boundary.value_or(kWarm);
  plan.isolated_single_runs = std::max(plan.isolated_single_runs, plan.runs);
  plan.profiled_runs = 0;
  return plan;
}

/// The run times of each layer after its stay's beginning, `count` at most.
std::vector<std::vector<Duration>> counted_run_times(const Timeline& timeline, Duration settle,
                                                     std::int64_t count) {
  std::vector<std::vector<Duration>> times(timeline.layers.size());
  std::vector<std::optional<Instant>> arrivals(times.size());
  for (const Execution& e : timeline.executions) {
    const auto layer = static_cast<std::size_t>(e.segment);
    if (!arrivals[layer]) arrivals[layer] = e.start;
    if (e.start < *arrivals[layer] + settle || e.runs > 1) continue;
    if (static_cast<std::int64_t>(times[layer].size()) < count) {
      times[layer].push_back(e.run_time());
    }
  }
  return times;
}

}  // namespace

Result<IsolatedRunTimes> isolate_run_times(Engine& engine, const IsolateOptions& options,
                                           const Cancellation& cancellation,
                                           RunObserver& observer) {
  if (auto ok = check_mode(options, Board{}); !ok) return std::move(ok).error();
  auto network = prepare_network(engine, options.measure.network);
  if (!network) return std::move(network).error();
  const RunPlan plan = plan_of(options);
  auto outcome = run_network(engine, *network, plan, cancellation, observer);
  if (!outcome) return std::move(outcome).error();
  IsolatedRunTimes result;
  result.model = network->name;
  result.layers = network->layers;
  result.run_times =
      counted_run_times(outcome->timeline, plan.isolated_settle, options.sample_count);
  result.partial = outcome->partial;
  result.notes = network->notes;
  result.notes.insert(result.notes.end(), outcome->notes.begin(), outcome->notes.end());
  if (options.mode.empty() || result.partial) return result;
  const LayerStatsPlace place{options.stats_dir, options.mode, options.device, result.model};
  for (std::size_t i = 0; i < result.run_times.size(); ++i) {
    if (result.run_times[i].empty()) continue;
    const auto written =
        write_layer_run_times(place, static_cast<std::int32_t>(i), result.run_times[i]);
    if (!written) return written.error();
  }
  result.folder = place.folder("latency");
  return result;
}

}  // namespace layerwatt
