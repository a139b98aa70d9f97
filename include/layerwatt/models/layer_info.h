#pragma once

#include <optional>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

/// One Layer a node, in the order of the graph, with TensorRT's keys filled from attributes and
/// shapes. Constant nodes are none. Graphs that ONNX Runtime rewrote are understood (com.microsoft
/// FusedConv, FusedMatMul, FusedGemm, com.microsoft.nchwc): `known` then gives the shapes that
/// inference cannot find; what stays unknown is absent, never guessed.
///
/// FLOPs: a multiply-add is two; a comparison, addition, multiplication, division, root or
/// exponential is one for each element. Padding counts as if it were computed; moving data is 0.
/// Bytes: inputs, weights and outputs once, in the element types of the graph.
std::vector<Layer> describe_layers(const OnnxModel& model, const TensorShapes* known = nullptr);

/// Multiply-adds of convolutions and matrix products, as published tables count them, for the
/// model's batch; nullopt where a shape is unknown.
std::optional<double> count_multiply_adds(const std::vector<Layer>& layers);

}  // namespace layerwatt
