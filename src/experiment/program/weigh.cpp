#include "layerwatt/experiment/weigh.h"

#include <utility>

#include "experiment/measure/network_runner.h"

namespace layerwatt {
namespace {

class FunctionDriver final : public NetworkDriver {
 public:
  FunctionDriver(std::span<const RunnableFunction> functions, const std::string& name,
                 const Cancellation& cancellation)
      : functions_(functions), name_(name), cancellation_(cancellation) {}

  bool is_network() const override { return false; }
  Result<PreparedNetwork> prepare() override {
    PreparedNetwork network;
    network.name = name_;
    network.engine = "function";
    for (const RunnableFunction& function : functions_) {
      network.layers.push_back(function.layer());
    }
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& /*network*/, const RunPlan& plan, Duration /*idle*/,
                         RunConductor& conductor) override {
    return run_functions(functions_, plan, cancellation_, conductor);
  }

 private:
  std::span<const RunnableFunction> functions_;
  const std::string& name_;
  const Cancellation& cancellation_;
};

}  // namespace

Result<Measurement> weigh_functions(std::span<const RunnableFunction> functions,
                                    const WeighOptions& options, Cancellation& cancellation,
                                    MeasureObserver& observer) {
  if (functions.empty()) {
    return Error(ErrorCode::kInvalidArgument, "name at least one function to weigh");
  }
  MeasureOptions measure = options.measure;
  measure.network.model = options.name;
  measure.plan = PlanOptions();
  measure.plan.run.schedule = options.schedule;
  measure.plan.run.warmup = options.warmup;
  measure.plan.run.seed = options.seed;
  measure.plan.run.profiled_runs = 0;
  measure.plan.duration = options.duration;
  FunctionDriver driver(functions, options.name, cancellation);
  return measure_with(driver, measure, cancellation, observer);
}

}  // namespace layerwatt
