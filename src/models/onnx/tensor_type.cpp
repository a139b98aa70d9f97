#include "models/onnx/tensor_type.h"

#include <algorithm>

namespace layerwatt::models {

bool TensorType::has_shape() const {
  return dimensions &&
         std::all_of(dimensions->begin(), dimensions->end(), [](auto d) { return d >= 0; });
}

TensorType tensor_type_of(const onnx::TypeProto& type) {
  TensorType result;
  if (!type.has_tensor_type()) return result;
  result.element = type.tensor_type().elem_type();
  if (!type.tensor_type().has_shape()) return result;
  result.dimensions.emplace();
  for (const auto& dimension : type.tensor_type().shape().dim()) {
    const bool fixed = dimension.has_dim_value() && dimension.dim_value() >= 0;
    result.dimensions->push_back(fixed ? dimension.dim_value() : -1);
  }
  return result;
}

void set_tensor_type(onnx::ValueInfoProto& value, const TensorType& type) {
  auto* tensor = value.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type.element);
  tensor->clear_shape();
  if (!type.dimensions) return;
  tensor->mutable_shape();
  for (const std::int64_t dimension : *type.dimensions) {
    auto* added = tensor->mutable_shape()->add_dim();
    if (dimension >= 0) added->set_dim_value(dimension);
  }
}

std::optional<std::int64_t> imported_opset(const onnx::ModelProto& model, std::string_view domain) {
  const auto same = [&](const std::string& other) {
    return other == domain || (is_default_domain(other) && is_default_domain(std::string(domain)));
  };
  for (const auto& opset : model.opset_import()) {
    if (same(opset.domain())) return opset.version();
  }
  return std::nullopt;
}

}  // namespace layerwatt::models
