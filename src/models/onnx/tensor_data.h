#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

#include "models/onnx/node_attributes.h"

namespace layerwatt::models {

/// Product of the dimensions; nullopt where one is negative or the product overflows.
std::optional<std::int64_t> element_count(std::span<const std::int64_t> dimensions);
std::optional<std::int64_t> element_count(const onnx::TensorProto& tensor);
std::vector<std::int64_t> dimensions_of(const onnx::TensorProto& tensor);

/// Bytes of one element; nullopt for strings and types unknown here.
std::optional<std::size_t> element_size(std::int32_t type);
bool is_float(std::int32_t type);
/// "float", "float16", "int64": ONNX's names in lower case; "type 99" where there is none.
std::string type_name(std::int32_t type);
std::optional<std::int32_t> type_of_name(std::string_view name);

/// kParse where the tensor holds another number of values than its dimensions say. Tensors of
/// unknown types pass.
Result<void> check_size(const onnx::TensorProto& tensor);

/// Values of a float32 tensor. Precondition: check_size() passed.
std::vector<float> float_values(const onnx::TensorProto& tensor);
/// Values of an int64 or int32 tensor; nullopt for any other. Precondition: check_size() passed.
std::optional<std::vector<std::int64_t>> integer_values(const onnx::TensorProto& tensor);

/// The tensor of a Constant node in any of its forms that hold numbers; nullopt for strings and
/// sparse ones.
std::optional<onnx::TensorProto> constant_tensor(const onnx::NodeProto& node);

}  // namespace layerwatt::models
