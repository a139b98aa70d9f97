#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

struct MaterialisedWeights {
  /// Tensors that were turned into random weights, and their elements.
  std::vector<std::string> tensors;
  std::int64_t elements = 0;
};

/// "Light" test networks carry ConstantOfShape nodes instead of weights: they would run at each
/// inference, and weights of one value draw less power than real ones. Turns every ConstantOfShape
/// of floats with a constant shape into a normal random initialiser: the weights of convolutions
/// and matrix products scaled by their fan-in (He), scales and variances of normalisation around 1,
/// biases and means small. Empty where there is none. Other
/// constants stay as they are. kUnsupported: a shape beyond 2 GiB of weights.
Result<MaterialisedWeights> materialise_constants(OnnxModel& model, std::uint64_t seed = 1);

}  // namespace layerwatt
