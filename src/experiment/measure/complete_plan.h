#pragma once

#include <cstddef>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/running/run_network.h"

#include "experiment/measure/power_source.h"

namespace layerwatt {

/// The plan with all that follows from the options, the sensor and the number of layers.
/// kInvalidArgument for options that do not go together.
Result<RunPlan> complete_plan(const PlanOptions& options, const PowerSource& source,
                              std::size_t layers);

}  // namespace layerwatt
