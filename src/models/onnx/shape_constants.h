#pragma once

#include "models/onnx/tensor_type.h"

namespace layerwatt::models {

/// The value of a node that computes with shapes (Shape, Gather, Concat, Unsqueeze … of known
/// integers), so that a Reshape behind it has known dimensions; nullopt for every other node.
std::optional<onnx::TensorProto> shape_constant(
    const onnx::NodeProto& node, const TensorTypes& types,
    const std::unordered_map<std::string, onnx::TensorProto>& constants);

}  // namespace layerwatt::models
