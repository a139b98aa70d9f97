#include "running/passes/onnx_type_names.h"

#include <array>
#include <cstdlib>

namespace layerwatt {
namespace {

constexpr std::array kTypes = {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16,
                               DataType::kFloat64, DataType::kInt8,    DataType::kUint8,
                               DataType::kInt16,   DataType::kUint16,  DataType::kInt32,
                               DataType::kUint32,  DataType::kInt64,   DataType::kUint64,
                               DataType::kBool};

}  // namespace

std::string_view onnx_type_name(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "float";
    case DataType::kFloat64:
      return "double";
    default:
      return to_string(type);
  }
}

std::optional<std::string_view> onnx_type_of_format(std::string_view format) {
  for (const DataType type : kTypes) {
    if (row_major_format(type) == format) return onnx_type_name(type);
  }
  return std::nullopt;
}

}  // namespace layerwatt
