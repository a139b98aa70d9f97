#pragma once

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// Loads or builds the model, converts it, lets the engine rewrite it, and names its layers.
/// kNotFound: neither a file nor a built-in name; kParse: not an ONNX file; kUnsupported: operators
/// or types that the engine lacks; kInvalidArgument: a shape that does not fit, or pictures for a
/// network that takes none.
Result<PreparedNetwork> prepare_network(Engine& engine, const NetworkRequest& request);

}  // namespace layerwatt
