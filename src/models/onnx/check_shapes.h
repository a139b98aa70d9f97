#pragma once

#include "layerwatt/core/result.h"

#include "models/onnx/tensor_type.h"

namespace layerwatt::models {

/// kInvalidArgument names a node that cannot work with the shapes of its inputs.
Result<void> check_shapes(const onnx::ModelProto& model, const TensorTypes& types);

}  // namespace layerwatt::models
