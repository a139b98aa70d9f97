#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/onnx/onnx_proto.h"

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

/// What a caller knows about tensors of operators that libonnx does not define.
struct KnownTensors {
  const TensorShapes* shapes = nullptr;
  const std::map<std::string, std::string, std::less<>>* types = nullptr;
};

/// Types of all tensors of the graph, by libonnx's inference of one node at a time, and by rules of
/// our own for operators of ONNX Runtime. Precondition: nodes are sorted.
TensorTypes infer_tensor_types(const onnx::ModelProto& model, const KnownTensors& known = {});

TensorType tensor_type_of(const onnx::TypeProto& type);
void set_tensor_type(onnx::ValueInfoProto& value, const TensorType& type);

/// Version of the operator set `domain` that the model imports.
std::optional<std::int64_t> imported_opset(const onnx::ModelProto& model, std::string_view domain);

/// kInvalidArgument names a node that cannot work with the shapes of its inputs.
Result<void> check_shapes(const onnx::ModelProto& model, const TensorTypes& types);

}  // namespace layerwatt::models
