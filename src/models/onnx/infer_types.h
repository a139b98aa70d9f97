#pragma once

#include <functional>
#include <map>
#include <string>

#include "layerwatt/models/tensor_shapes.h"

#include "models/onnx/tensor_type.h"

namespace layerwatt::models {

/// What a caller knows about tensors of operators that libonnx does not define.
struct KnownTensors {
  const TensorShapes* shapes = nullptr;
  const std::map<std::string, std::string, std::less<>>* types = nullptr;
};

/// Types of all tensors of the graph, by libonnx's inference of one node at a time, and by rules of
/// our own for operators of ONNX Runtime. Precondition: nodes are sorted.
TensorTypes infer_tensor_types(const onnx::ModelProto& model, const KnownTensors& known = {});

}  // namespace layerwatt::models
