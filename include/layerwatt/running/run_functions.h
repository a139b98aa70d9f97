#pragma once

#include <functional>
#include <span>
#include <string>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/running/run_observer.h"
#include "layerwatt/running/run_outcome.h"
#include "layerwatt/running/run_plan.h"

namespace layerwatt {

/// Something of the caller's that is run as a segment, again and again.
struct RunnableFunction {
  /// Of its layer; unique.
  std::string name;
  /// Its error ends the run.
  std::function<Result<void>()> call;
  /// What it is, as the type of its layer ("Conv2d").
  std::string type = "Function";

  Layer layer() const {
    Layer layer;
    layer.name = name;
    layer.type = type;
    layer.parameter_type = type;
    return layer;
  }
};

/// Runs functions under `isolated` or `weighing`, as run_network() runs the layers of a network:
/// singly and repeated, in an order that the plan's seed draws. Errors: those of check_plan() and
/// of the functions; kInvalidArgument for no functions, or the schedule `whole`.
Result<RunOutcome> run_functions(std::span<const RunnableFunction> functions, const RunPlan& plan,
                                 const Cancellation& cancellation, RunObserver& observer);

}  // namespace layerwatt
