#include "layerwatt/running/run_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "layerwatt/running/run_plan.h"

#include "running/passes/run_state.h"
#include "running/passes/segment_run.h"
#include "running/passes/segment_sessions.h"
#include "running/passes/whole_run.h"

namespace layerwatt {
namespace {

constexpr std::int64_t kProfiledRunsBesideSegments = 10;
/// Segments that compute something else than the network would be weighed in vain. Kernels may sum
/// in another order, so that a few units in the last place are no difference.
constexpr double kLargestDifference = 1e-3;

double median_us(const RunTimeStats& stats) { return to_microseconds(stats.median); }

/// Says how isolated run times compare with those in place.
void compare_isolated(const PreparedNetwork& network, RunOutcome& outcome) {
  double sum = 0.0;
  std::size_t ran = 0;
  for (const RunTimeStats& stats : outcome.isolated) {
    sum += median_us(stats);
    if (stats.count > 0) ++ran;
  }
  const double whole = median_us(run_time_stats(outcome.latencies));
  if (outcome.latencies.empty() || whole <= 0.0) return;
  const std::string layers = ran == network.layers.size()
                                 ? fmt::format("{} layers", ran)
                                 : fmt::format("{} of the {} layers", ran, network.layers.size());
  outcome.notes.push_back(
      fmt::format("The median run times of {} alone sum up to {:.1f} µs, {:.1f} % of the whole "
                  "network's median of {:.1f} µs: alone, a layer finds its weights and inputs in "
                  "the caches, and pays for a call of its own.",
                  layers, sum, 100.0 * sum / whole, whole));
}

void describe_split(RunOutcome& outcome) {
  if (!outcome.profiled_pass_time || outcome.latencies.empty()) return;
  const double plain = to_microseconds(run_time_stats(outcome.latencies).mean);
  const double profiled = to_microseconds(*outcome.profiled_pass_time);
  if (plain <= 0.0) return;
  outcome.notes.push_back(
      fmt::format("The split by layer comes from passes under the engine's profiler, whose mean "
                  "of {:.1f} µs is {:+.1f} % off the {:.1f} µs of passes without it.",
                  profiled, 100.0 * (profiled / plain - 1.0), plain));
}

Result<void> run_whole(RunState& state) {
  const std::int64_t profiled = state.plan.profiled_runs.value_or(state.plan.runs);
  auto run = WholeRun::prepare(state, profiled);
  if (!run) return std::move(run).error();
  if (state.cancellation.requested()) {
    return Error(ErrorCode::kCancelled, "stopped before the first pass");
  }
  if (auto r = run->run_plain(state, true); !r) return r;
  if (profiled > 0 && !state.cancellation.requested()) {
    if (auto r = run->run_profiled(state, profiled, true); !r) return r;
  }
  describe_split(state.outcome);
  return {};
}

Result<void> run_parts(RunState& state) {
  const std::int64_t profiled = state.plan.profiled_runs.value_or(kProfiledRunsBesideSegments);
  std::vector<Tensor> whole_outputs;
  {
    auto run = WholeRun::prepare(state, profiled);
    if (!run) return std::move(run).error();
    if (auto r = run->run_plain(state, false); !r) return r;
    if (profiled > 0 && !state.cancellation.requested()) {
      if (auto r = run->run_profiled(state, profiled, false); !r) return r;
    }
    auto outputs = run->outputs();
    if (!outputs) return std::move(outputs).error();
    whole_outputs = *std::move(outputs);
  }
  RunOutcome& outcome = state.outcome;
  outcome.timeline.stamps = StampSource::kMeasured;
  state.next_pass = 0;
  auto segments = open_segments(state, whole_outputs);
  if (!segments) return std::move(segments).error();
  outcome.segment_difference = segments->difference;
  if (segments->difference > kLargestDifference) {
    outcome.notes.push_back(fmt::format(
        "Run layer by layer, the network's outputs differ by {:.2g} of the largest one "
        "from those of a whole run: random operators, rounding of half precision in "
        "other kernels, or a layer that does not stand alone. Compare with --schedule whole.",
        segments->difference));
  }
  if (state.engine.inspects()) {
    outcome.notes.emplace_back(
        "Each layer is an engine of its own, cut along the fusions that the whole engine told. "
        "TensorRT may choose other kernels for it, and what it adds at its ends to convert formats "
        "counts as the layer's.");
  }
  if (!segments->left_out.empty()) {
    outcome.notes.push_back(fmt::format("Not run, because they cannot run alone: {}.",
                                        fmt::join(segments->left_out, "; ")));
  }
  for (std::int64_t i = 0; i < state.plan.warmup && !state.cancellation.requested(); ++i) {
    for (SegmentSession& segment : segments->segments) {
      if (auto r = segment.session->run(); !r) return r;
    }
  }
  if (state.cancellation.requested()) {
    return Error(ErrorCode::kCancelled, "stopped before the first layer was measured");
  }
  if (auto r = run_segments(state, *segments); !r) return r;
  compare_isolated(state.network, outcome);
  return {};
}

}  // namespace

Result<RunOutcome> run_network(Engine& engine, const PreparedNetwork& network, const RunPlan& plan,
                               const Cancellation& cancellation, RunObserver& observer) {
  if (auto r = check_plan(plan); !r) return std::move(r).error();
  if (network.layers.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{}: the network has no layers", network.name));
  }
  RunOutcome outcome;
  outcome.timeline.layers = network.layers;
  outcome.timeline.schedule = plan.schedule;
  RunState state{.engine = engine,
                 .network = network,
                 .plan = plan,
                 .cancellation = cancellation,
                 .observer = observer,
                 .outcome = outcome};
  auto result = plan.schedule == Schedule::kWhole ? run_whole(state) : run_parts(state);
  if (!result) return std::move(result).error();
  outcome.partial = cancellation.requested();
  return outcome;
}

}  // namespace layerwatt
