#include "layerwatt/experiment/measure.h"
#include "layerwatt/running/prepare_network.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/network_runner.h"

namespace layerwatt {
namespace {

// Apart from measure.cpp, so that what measures something else than networks (the Python package)
// links no reader of them.

/// Calls an engine pass by pass.
class EngineDriver final : public NetworkDriver {
 public:
  EngineDriver(Engine& engine, const NetworkRequest& request, const Cancellation& cancellation)
      : engine_(engine), request_(request), cancellation_(cancellation) {}
  bool runs_layers() const override { return true; }
  Result<PreparedNetwork> prepare() override { return prepare_network(engine_, request_); }
  Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration /*idle*/,
                         RunConductor& conductor) override {
    return run_network(engine_, network, plan, cancellation_, conductor);
  }

 private:
  Engine& engine_;
  const NetworkRequest& request_;
  const Cancellation& cancellation_;
};

}  // namespace

Result<Measurement> measure_network(Engine& engine, const MeasureOptions& options,
                                    Cancellation& cancellation, MeasureObserver& observer) {
  EngineDriver driver(engine, options.network, cancellation);
  return measure_with(driver, options, cancellation, observer);
}

}  // namespace layerwatt
