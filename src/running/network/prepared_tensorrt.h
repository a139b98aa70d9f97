#pragma once

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// prepare_network() for engines that build what they run and tell their layers by an inspector
/// (TensorRT). `network` has the engine's name and the settings of the request. Layers stand in the
/// order in which the profiler reports them. Errors: those of load_tensorrt_model() and of the
/// engine; kParse where profiler and inspector disagree.
Result<PreparedNetwork> prepare_inspected(Engine& engine, const NetworkRequest& request,
                                          PreparedNetwork network);

}  // namespace layerwatt
