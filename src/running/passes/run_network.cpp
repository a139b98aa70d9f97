#include "layerwatt/running/run_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

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
  const double plain = median_us(run_time_stats(outcome.latencies));
  const double profiled = to_microseconds(*outcome.profiled_pass_time);
  if (plain <= 0.0) return;
  outcome.notes.push_back(
      fmt::format("The split by layer comes from passes under the engine's profiler, whose median "
                  "of {:.1f} µs is {:+.1f} % off the {:.1f} µs of passes without it.",
                  profiled, 100.0 * (profiled / plain - 1.0), plain));
}

Result<void> run_whole(RunContext& context) {
  const std::int64_t profiled = context.plan.profiled_runs.value_or(context.plan.runs);
  auto run = WholeRun::prepare(context, profiled);
  if (!run) return std::move(run).error();
  if (context.cancellation.requested()) {
    return Error(ErrorCode::kCancelled, "stopped before the first pass");
  }
  if (auto r = run->run_plain(context, true); !r) return r;
  if (profiled > 0 && !context.cancellation.requested()) {
    if (auto r = run->run_profiled(context, profiled, true); !r) return r;
  }
  describe_split(context.outcome);
  return {};
}

Result<void> run_parts(RunContext& context) {
  const std::int64_t profiled = context.plan.profiled_runs.value_or(kProfiledRunsBesideSegments);
  std::vector<Tensor> whole_outputs;
  {
    auto run = WholeRun::prepare(context, profiled);
    if (!run) return std::move(run).error();
    if (auto r = run->run_plain(context, false); !r) return r;
    if (profiled > 0 && !context.cancellation.requested()) {
      if (auto r = run->run_profiled(context, profiled, false); !r) return r;
    }
    auto outputs = run->outputs();
    if (!outputs) return std::move(outputs).error();
    whole_outputs = *std::move(outputs);
  }
  RunOutcome& outcome = context.outcome;
  outcome.timeline.stamps = StampSource::kMeasured;
  context.next_pass = 0;
  auto segments = open_segments(context, whole_outputs);
  if (!segments) return std::move(segments).error();
  outcome.segment_difference = segments->difference;
  if (segments->difference > kLargestDifference) {
    outcome.notes.push_back(fmt::format(
        "Run layer by layer, the network's outputs differ by {:.2g} of the largest one "
        "from those of a whole run: random operators, rounding of half precision in "
        "other kernels, or a layer that does not stand alone. Compare with --schedule whole.",
        segments->difference));
  }
  if (context.engine.inspects()) {
    outcome.notes.emplace_back(
        "Each layer is an engine of its own, cut along the fusions that the whole engine told. "
        "TensorRT may choose other kernels for it, and what it adds at its ends to convert formats "
        "counts as the layer's.");
  }
  if (!segments->left_out.empty()) {
    outcome.notes.push_back(fmt::format("Not run, because they cannot run alone: {}.",
                                        fmt::join(segments->left_out, "; ")));
  }
  for (std::int64_t i = 0; i < context.plan.warmup && !context.cancellation.requested(); ++i) {
    for (SegmentSession& segment : segments->segments) {
      if (auto r = segment.session->run(); !r) return r;
    }
  }
  if (context.cancellation.requested()) {
    return Error(ErrorCode::kCancelled, "stopped before the first layer was measured");
  }
  if (auto r = run_segments(context, *segments); !r) return r;
  compare_isolated(context.network, outcome);
  return {};
}

}  // namespace

std::string_view to_string(RunPhase phase) {
  switch (phase) {
    case RunPhase::kPreparing:
      return "preparing";
    case RunPhase::kWarmingUp:
      return "warming up";
    case RunPhase::kWhole:
      return "whole passes";
    case RunPhase::kProfiled:
      return "profiled passes";
    case RunPhase::kSegments:
      return "layers";
  }
  std::abort();
}

Result<void> check_plan(const RunPlan& plan) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (plan.warmup < 0)
    return wrong(fmt::format("{} warm-up passes: must be 0 or more", plan.warmup));
  if (plan.runs < 1) return wrong(fmt::format("{} runs: at least 1 is needed", plan.runs));
  if (plan.profiled_runs && *plan.profiled_runs < 0) {
    return wrong(fmt::format("{} profiled runs: must be 0 or more", *plan.profiled_runs));
  }
  if (plan.duration && *plan.duration <= Duration(0)) {
    return wrong("the duration must be longer than 0 s");
  }
  if (plan.schedule == Schedule::kWeighing && plan.high_repeats < 2) {
    return wrong(fmt::format("{} repeats: weighing needs 2 or more", plan.high_repeats));
  }
  return {};
}

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
  RunContext context{.engine = engine,
                     .network = network,
                     .plan = plan,
                     .cancellation = cancellation,
                     .observer = observer,
                     .outcome = outcome};
  auto result = plan.schedule == Schedule::kWhole ? run_whole(context) : run_parts(context);
  if (!result) return std::move(result).error();
  outcome.partial = cancellation.requested();
  return outcome;
}

}  // namespace layerwatt
