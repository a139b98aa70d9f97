#pragma once

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// The model that was asked for, before any engine has seen it: loaded or built, its weights real,
/// its shapes fixed. Sets the network's name, path, parameter count and notes. Errors: those of
/// prepare_network() that do not come from an engine.
Result<OnnxModel> load_source_model(const NetworkRequest& request, PreparedNetwork& network);

/// Converts its floating-point tensors; what could not be converted goes to the notes.
Result<void> convert_source_model(OnnxModel& model, DataType type, PreparedNetwork& network);

}  // namespace layerwatt
