#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// Writes small ONNX graphs for tests, node by node.
class TinyGraph {
 public:
  TinyGraph();

  TinyGraph& input(const std::string& name, std::vector<std::int64_t> dimensions,
                   std::int32_t type = onnx::TensorProto::FLOAT);
  TinyGraph& output(const std::string& name);
  TinyGraph& weight(const std::string& name, std::vector<std::int64_t> dimensions,
                    float value = 0.5F);
  TinyGraph& integers(const std::string& name, std::vector<std::int64_t> values);
  /// The last node is what attribute() adds to.
  TinyGraph& node(std::string_view type, std::initializer_list<std::string> inputs,
                  std::initializer_list<std::string> outputs, std::string_view domain = "",
                  std::string name = "");
  TinyGraph& attribute(const std::string& name, std::int64_t value);
  TinyGraph& ints(const std::string& name, std::vector<std::int64_t> values);
  TinyGraph& text(const std::string& name, const std::string& value);
  TinyGraph& opset(const std::string& domain, std::int64_t version);

  onnx::ModelProto& proto() { return model_; }
  std::vector<std::byte> bytes() const;
  /// Parses what was written. Fails the test where that does not work.
  OnnxModel parse() const;

 private:
  onnx::AttributeProto& add_attribute(const std::string& name);
  onnx::ModelProto model_;
};

}  // namespace layerwatt::models
