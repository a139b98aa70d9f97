#include "layerwatt/running/run_functions.h"

#include <memory>
#include <utility>
#include <vector>

#include "running/passes/run_state.h"
#include "running/passes/segment_run.h"
#include "running/passes/segment_sessions.h"

namespace layerwatt {
namespace {

Error has_no_tensors() {
  return Error(ErrorCode::kUnsupported, "a function has neither tensors nor a profile");
}

/// A function in the place of a layer that an engine would run.
class FunctionSession final : public Session {
 public:
  explicit FunctionSession(const RunnableFunction& function) : function_(function) {}
  std::span<const TensorSpec> inputs() const override { return {}; }
  std::span<const TensorSpec> outputs() const override { return {}; }
  Result<void> bind(std::span<const Tensor> /*inputs*/) override { return {}; }
  Result<void> run() override { return function_.call(); }
  Result<std::vector<Tensor>> read_outputs() override { return has_no_tensors(); }
  Result<LayerTimes> finish_profile() override { return has_no_tensors(); }

 private:
  const RunnableFunction& function_;
};

/// Functions are not loaded.
class NoEngine final : public Engine {
 public:
  std::string_view name() const override { return "function"; }
  std::string version() const override { return {}; }
  Result<std::unique_ptr<Session>> load(std::span<const std::byte> /*model*/,
                                        std::string_view /*label*/,
                                        const SessionOptions& /*options*/) override {
    return has_no_tensors();
  }
  std::int64_t profiled_pass_limit(std::size_t /*layer_count*/) const override { return 0; }
};

}  // namespace

Result<RunOutcome> run_functions(std::span<const RunnableFunction> functions, const RunPlan& plan,
                                 const Cancellation& cancellation, RunObserver& observer) {
  if (auto r = check_plan(plan); !r) return std::move(r).error();
  if (functions.empty() || plan.schedule == Schedule::kWhole) {
    return Error(ErrorCode::kInvalidArgument,
                 "functions are run one by one: name at least one, and not the schedule whole");
  }
  PreparedNetwork network;
  SegmentSessions segments;
  for (const RunnableFunction& function : functions) {
    network.layers.push_back(function.layer());
    const auto index = static_cast<std::int32_t>(segments.segments.size());
    segments.segments.push_back({index, std::make_unique<FunctionSession>(function)});
  }
  RunOutcome outcome;
  outcome.timeline.layers = network.layers;
  outcome.timeline.schedule = plan.schedule;
  outcome.timeline.stamps = StampSource::kMeasured;
  NoEngine engine;
  RunState state{.engine = engine,
                 .network = network,
                 .plan = plan,
                 .cancellation = cancellation,
                 .observer = observer,
                 .outcome = outcome};
  for (std::int64_t i = 0; i < plan.warmup && !cancellation.requested(); ++i) {
    for (SegmentSession& segment : segments.segments) {
      if (auto r = segment.session->run(); !r) return std::move(r).error();
    }
  }
  if (cancellation.requested()) {
    return Error(ErrorCode::kCancelled, "stopped before the first function was measured");
  }
  if (auto r = run_segments(state, segments); !r) return std::move(r).error();
  outcome.partial = cancellation.requested();
  return outcome;
}

}  // namespace layerwatt
