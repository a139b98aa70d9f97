#pragma once

#include <cstddef>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/power_source.h"

namespace layerwatt {

/// The plan with all that follows from the options, the sensor and the number of layers.
/// `said`: what is to be told before the run begins, of a sensor that averages over passes; empty
/// where there is nothing. kInvalidArgument for options that do not go together.
/// `can_weigh`: whether what drives the network runs its layers one by one.
Result<RunPlan> complete_plan(const PlanOptions& options, const PowerSource& source,
                              std::size_t layers, bool can_weigh, std::string& said);

}  // namespace layerwatt
