#include <cstdlib>

#include "layerwatt/engines/engine.h"

namespace layerwatt {

std::string_view to_string(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "float32";
    case DataType::kFloat16:
      return "float16";
    case DataType::kBFloat16:
      return "bfloat16";
    case DataType::kFloat64:
      return "float64";
    case DataType::kInt8:
      return "int8";
    case DataType::kUint8:
      return "uint8";
    case DataType::kInt16:
      return "int16";
    case DataType::kUint16:
      return "uint16";
    case DataType::kInt32:
      return "int32";
    case DataType::kUint32:
      return "uint32";
    case DataType::kInt64:
      return "int64";
    case DataType::kUint64:
      return "uint64";
    case DataType::kBool:
      return "bool";
  }
  std::abort();
}

std::optional<DataType> parse_data_type(std::string_view word) {
  for (const DataType type :
       {DataType::kFloat32, DataType::kFloat16, DataType::kBFloat16, DataType::kFloat64,
        DataType::kInt8, DataType::kUint8, DataType::kInt16, DataType::kUint16, DataType::kInt32,
        DataType::kUint32, DataType::kInt64, DataType::kUint64, DataType::kBool}) {
    if (to_string(type) == word) return type;
  }
  return std::nullopt;
}

std::size_t size_of(DataType type) {
  switch (type) {
    case DataType::kInt8:
    case DataType::kUint8:
    case DataType::kBool:
      return 1;
    case DataType::kFloat16:
    case DataType::kBFloat16:
    case DataType::kInt16:
    case DataType::kUint16:
      return 2;
    case DataType::kFloat32:
    case DataType::kInt32:
    case DataType::kUint32:
      return 4;
    case DataType::kFloat64:
    case DataType::kInt64:
    case DataType::kUint64:
      return 8;
  }
  std::abort();
}

std::string_view row_major_format(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "Row major linear FP32";
    case DataType::kFloat16:
      return "Row major linear FP16";
    case DataType::kBFloat16:
      return "Row major linear BF16";
    case DataType::kFloat64:
      return "Row major linear FP64";
    case DataType::kInt8:
      return "Row major INT8";
    case DataType::kUint8:
      return "Row major UINT8";
    case DataType::kInt16:
      return "Row major INT16";
    case DataType::kUint16:
      return "Row major UINT16";
    case DataType::kInt32:
      return "Row major INT32";
    case DataType::kUint32:
      return "Row major UINT32";
    case DataType::kInt64:
      return "Row major INT64";
    case DataType::kUint64:
      return "Row major UINT64";
    case DataType::kBool:
      return "Row major BOOL";
  }
  std::abort();
}

}  // namespace layerwatt
