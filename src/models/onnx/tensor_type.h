#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/onnx/node_attributes.h"

namespace layerwatt::models {

/// What is known of a tensor.
struct TensorType {
  /// onnx::TensorProto::DataType; UNDEFINED where unknown.
  std::int32_t element = onnx::TensorProto::UNDEFINED;
  /// −1 for a dimension that is not known; nullopt where not even their number is.
  std::optional<std::vector<std::int64_t>> dimensions;

  /// Whether every dimension is known.
  bool has_shape() const;
};

using TensorTypes = std::unordered_map<std::string, TensorType>;

TensorType tensor_type_of(const onnx::TypeProto& type);
void set_tensor_type(onnx::ValueInfoProto& value, const TensorType& type);

/// Version of the operator set `domain` that the model imports.
std::optional<std::int64_t> imported_opset(const onnx::ModelProto& model, std::string_view domain);

}  // namespace layerwatt::models
