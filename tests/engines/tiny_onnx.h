#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::testing {

// Just enough of ONNX's wire format (onnx.proto) to write a model of a few nodes without libonnx.

/// "name" of a graph's input or output, of floats (1) or other ONNX element types.
struct TinyValue {
  std::string name;
  std::vector<std::int64_t> dimensions;
  std::int32_t type = 1;
  /// What free dimensions are called, in order; "n" where it is too short.
  std::vector<std::string> free_names = {};
};

struct TinyAttribute;

struct TinyNode {
  std::string op;
  std::string name;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<TinyAttribute> attributes;
  std::string domain;
};

struct TinyAttribute {
  std::string name;
  std::vector<std::int64_t> ints;
  /// A graph instead, whose outputs are those of its last node.
  std::vector<TinyNode> graph = {};
};

struct TinyWeight {
  std::string name;
  std::vector<std::int64_t> dimensions;
  std::vector<float> values;
};

struct TinyModel {
  std::vector<TinyNode> nodes;
  std::vector<TinyWeight> weights;
  std::vector<TinyValue> inputs;
  std::vector<TinyValue> outputs;
  std::int64_t opset = 13;
};

/// Dimensions of −1 are written as free. An attribute of one integer is written as INT ("axis",
/// "group"), of several as INTS.
std::vector<std::byte> serialise(const TinyModel& model);

}  // namespace layerwatt::testing
