#pragma once

#include <optional>
#include <string_view>

#include "models/onnx/tensor_type.h"

namespace layerwatt::models {

/// The engine-independent kind of a layer, in TensorRT's words where it has one ("Convolution",
/// "ElementWise"); the operator's own name where there is none.
std::string_view parameter_type(std::string_view operator_type);

/// Whether layers of this kind are what published tables of multiply-adds count.
bool counts_multiply_adds(std::string_view parameter_type);

/// Operations of one execution of a node, in the standard form of its operator; nullopt where a
/// shape or the operator is unknown.
std::optional<double> count_flops(const onnx::NodeProto& node, const TensorTypes& types);

}  // namespace layerwatt::models
