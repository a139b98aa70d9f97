#pragma once

#include <optional>
#include <string_view>

#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// ONNX's name of an element type ("float", "int64").
std::string_view onnx_type_name(DataType type);

/// The same for a tensor's format in the inspector's words ("Row major linear FP32" → "float").
std::optional<std::string_view> onnx_type_of_format(std::string_view format);

}  // namespace layerwatt
