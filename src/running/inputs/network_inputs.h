#pragma once

#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// Fills PreparedNetwork::inputs: with given values, with pictures for the input that takes them,
/// and with random values for all others. Notes say which of the random ones can change what is
/// run: integers, and what a branch depends on. Free dimensions come from
/// PreparedNetwork::input_shapes.
Result<void> make_inputs(std::span<const TensorSpec> specs, const NetworkRequest& request,
                         PreparedNetwork& network);

/// What to add to the error of a run that may have failed for its random integers; empty where
/// there are none.
std::string random_integers_hint(const NetworkRequest& request, const PreparedNetwork& network);

}  // namespace layerwatt
