#pragma once

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_observer.h"
#include "layerwatt/running/run_outcome.h"
#include "layerwatt/running/run_plan.h"

namespace layerwatt {

/// Runs `network` on `engine` as `plan` says. Cancellation is looked at between passes: the outcome
/// is then `partial`, not an error, unless nothing was run at all (kCancelled).
Result<RunOutcome> run_network(Engine& engine, const PreparedNetwork& network, const RunPlan& plan,
                               const Cancellation& cancellation, RunObserver& observer);

}  // namespace layerwatt
