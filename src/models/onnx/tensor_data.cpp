#include "models/onnx/tensor_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace layerwatt::models {
namespace {

// ONNX stores raw data as little-endian.
static_assert(std::endian::native == std::endian::little);

struct ElementType {
  std::int32_t type;
  std::string_view name;
  std::size_t size;  // 0: no fixed size
};

constexpr std::array kElementTypes = {
    ElementType{onnx::TensorProto::FLOAT, "float", 4},
    ElementType{onnx::TensorProto::UINT8, "uint8", 1},
    ElementType{onnx::TensorProto::INT8, "int8", 1},
    ElementType{onnx::TensorProto::UINT16, "uint16", 2},
    ElementType{onnx::TensorProto::INT16, "int16", 2},
    ElementType{onnx::TensorProto::INT32, "int32", 4},
    ElementType{onnx::TensorProto::INT64, "int64", 8},
    ElementType{onnx::TensorProto::STRING, "string", 0},
    ElementType{onnx::TensorProto::BOOL, "bool", 1},
    ElementType{onnx::TensorProto::FLOAT16, "float16", 2},
    ElementType{onnx::TensorProto::DOUBLE, "double", 8},
    ElementType{onnx::TensorProto::UINT32, "uint32", 4},
    ElementType{onnx::TensorProto::UINT64, "uint64", 8},
    ElementType{onnx::TensorProto::COMPLEX64, "complex64", 8},
    ElementType{onnx::TensorProto::COMPLEX128, "complex128", 16},
    ElementType{onnx::TensorProto::BFLOAT16, "bfloat16", 2},
};

const ElementType* find_type(std::int32_t type) {
  const auto found = std::find_if(kElementTypes.begin(), kElementTypes.end(),
                                  [&](const ElementType& row) { return row.type == type; });
  return found == kElementTypes.end() ? nullptr : &*found;
}

/// Values that stand in the typed field of the message instead of the raw bytes.
std::int64_t typed_value_count(const onnx::TensorProto& tensor) {
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      return tensor.float_data_size();
    case onnx::TensorProto::COMPLEX64:
      return tensor.float_data_size() / 2;
    case onnx::TensorProto::DOUBLE:
      return tensor.double_data_size();
    case onnx::TensorProto::COMPLEX128:
      return tensor.double_data_size() / 2;
    case onnx::TensorProto::INT64:
      return tensor.int64_data_size();
    case onnx::TensorProto::UINT32:
    case onnx::TensorProto::UINT64:
      return tensor.uint64_data_size();
    case onnx::TensorProto::STRING:
      return tensor.string_data_size();
    default:
      return tensor.int32_data_size();
  }
}

template <class T>
std::vector<T> raw_values(const std::string& raw) {
  std::vector<T> values(raw.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), raw.data(), values.size() * sizeof(T));
  return values;
}

}  // namespace

std::optional<std::int64_t> element_count(std::span<const std::int64_t> dimensions) {
  std::int64_t count = 1;
  for (const std::int64_t dimension : dimensions) {
    if (dimension < 0) return std::nullopt;
    if (dimension != 0 && count > std::numeric_limits<std::int64_t>::max() / dimension) {
      return std::nullopt;
    }
    count *= dimension;
  }
  return count;
}

std::optional<std::int64_t> element_count(const onnx::TensorProto& tensor) {
  return element_count(dimensions_of(tensor));
}

std::vector<std::int64_t> dimensions_of(const onnx::TensorProto& tensor) {
  return {tensor.dims().begin(), tensor.dims().end()};
}

std::optional<std::size_t> element_size(std::int32_t type) {
  const ElementType* row = find_type(type);
  if (row == nullptr || row->size == 0) return std::nullopt;
  return row->size;
}

bool is_float(std::int32_t type) {
  return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::FLOAT16 ||
         type == onnx::TensorProto::BFLOAT16 || type == onnx::TensorProto::DOUBLE;
}

std::string type_name(std::int32_t type) {
  const ElementType* row = find_type(type);
  return row == nullptr ? fmt::format("type {}", type) : std::string(row->name);
}

std::optional<std::int32_t> type_of_name(std::string_view name) {
  for (const ElementType& row : kElementTypes) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

Result<void> check_size(const onnx::TensorProto& tensor) {
  const std::optional<std::int64_t> count = element_count(tensor);
  if (!count) {
    return Error(ErrorCode::kParse,
                 fmt::format("the tensor '{}' has impossible dimensions", tensor.name()));
  }
  const ElementType* row = find_type(tensor.data_type());
  if (row == nullptr) return {};
  std::int64_t stored = typed_value_count(tensor);
  if (tensor.has_raw_data()) {
    if (row->size == 0) {
      return Error(ErrorCode::kParse,
                   fmt::format("the tensor '{}' holds text as raw bytes", tensor.name()));
    }
    const auto size = static_cast<std::int64_t>(row->size);
    const auto bytes = static_cast<std::int64_t>(tensor.raw_data().size());
    stored = bytes % size == 0 ? bytes / size : -1;
  }
  if (stored != *count) {
    return Error(ErrorCode::kParse,
                 fmt::format("the tensor '{}' should hold {} values of type {} but its data are of "
                             "another size; the file is damaged",
                             tensor.name(), *count, row->name));
  }
  return {};
}

std::vector<float> float_values(const onnx::TensorProto& tensor) {
  if (tensor.has_raw_data()) return raw_values<float>(tensor.raw_data());
  return {tensor.float_data().begin(), tensor.float_data().end()};
}

std::optional<std::vector<std::int64_t>> integer_values(const onnx::TensorProto& tensor) {
  if (tensor.data_type() == onnx::TensorProto::INT64) {
    if (tensor.has_raw_data()) return raw_values<std::int64_t>(tensor.raw_data());
    return std::vector<std::int64_t>(tensor.int64_data().begin(), tensor.int64_data().end());
  }
  if (tensor.data_type() == onnx::TensorProto::INT32) {
    if (!tensor.has_raw_data()) {
      return std::vector<std::int64_t>(tensor.int32_data().begin(), tensor.int32_data().end());
    }
    const std::vector<std::int32_t> values = raw_values<std::int32_t>(tensor.raw_data());
    return std::vector<std::int64_t>(values.begin(), values.end());
  }
  return std::nullopt;
}

std::optional<onnx::TensorProto> constant_tensor(const onnx::NodeProto& node) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    onnx::TensorProto tensor;
    if (attribute.name() == "value") {
      tensor = attribute.t();
    } else if (attribute.name() == "value_float") {
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      tensor.add_float_data(attribute.f());
    } else if (attribute.name() == "value_int") {
      tensor.set_data_type(onnx::TensorProto::INT64);
      tensor.add_int64_data(attribute.i());
    } else if (attribute.name() == "value_floats") {
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      tensor.add_dims(attribute.floats_size());
      *tensor.mutable_float_data() = attribute.floats();
    } else if (attribute.name() == "value_ints") {
      tensor.set_data_type(onnx::TensorProto::INT64);
      tensor.add_dims(attribute.ints_size());
      *tensor.mutable_int64_data() = attribute.ints();
    } else {
      continue;
    }
    if (node.output_size() > 0) tensor.set_name(node.output(0));
    return tensor;
  }
  return std::nullopt;
}

}  // namespace layerwatt::models
