#pragma once

#include <span>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"

namespace layerwatt {

/// Pictures for the input that takes them, random values for all others.
Result<std::vector<Tensor>> make_inputs(std::span<const TensorSpec> specs,
                                        const NetworkRequest& request);

}  // namespace layerwatt
