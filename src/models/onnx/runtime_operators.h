#pragma once

#include "models/onnx/tensor_type.h"

namespace layerwatt::models {

inline constexpr std::string_view kMicrosoft = "com.microsoft";
inline constexpr std::string_view kMicrosoftBlocked = "com.microsoft.nchwc";

/// The ONNX operator whose shapes an operator of ONNX Runtime shares (FusedConv is a Conv), or the
/// node as it is.
onnx::NodeProto standard_form(const onnx::NodeProto& node);

/// Shapes and types of ONNX Runtime's operators that have no ONNX counterpart. Leaves what it does
/// not know.
void infer_runtime_operator(const onnx::NodeProto& node, TensorTypes& types);

}  // namespace layerwatt::models
