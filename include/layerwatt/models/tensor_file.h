#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A tensor as a file holds it, row-major, little-endian.
struct FileTensor {
  std::string name;
  /// ONNX's name of the element type ("float", "int64").
  std::string type;
  std::vector<std::int64_t> dimensions;
  std::vector<std::byte> data;
};

/// Parses the bytes of a file that holds one TensorProto, as the test data of ONNX's model zoo do
/// ("input_0.pb"). `label` names it in errors. kParse: not a tensor; kUnsupported: text, or a type
/// of sub-byte elements.
Result<FileTensor> parse_tensor_file(std::span<const std::byte> bytes, std::string_view label);

}  // namespace layerwatt
