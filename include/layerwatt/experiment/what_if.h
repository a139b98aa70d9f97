#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/predict_network.h"

namespace layerwatt {

/// One point of a sweep over a network.
struct WhatIfRequest {
  /// "batch=8".
  std::string label;
  PredictRequest request;
};

/// The points of "batch=1..64" (doubling), "batch=1,3,8", "dtype=float16,int8", "input=128..512"
/// (square images, in steps of about a quarter, whole 32s), each changing `base` in this alone.
/// `input_shape`: of the network's first input, which "input" varies. kInvalidArgument: another
/// key, or values that are no numbers from 1.
Result<std::vector<WhatIfRequest>> what_if_requests(std::string_view sweep,
                                                    const PredictRequest& base,
                                                    const std::vector<std::int64_t>& input_shape);

}  // namespace layerwatt
