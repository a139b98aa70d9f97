#pragma once

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// Rewrites a model of operator set 11 or 12 in operator set 13, where axes and sizes are inputs
/// instead of attributes. Newer ones stay. kUnsupported: an older set, or a Softmax over more than
/// the last dimension; the model is then as it was.
Result<void> raise_to_opset_13(onnx::ModelProto& model);

}  // namespace layerwatt::models
