#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

inline void set_ints(onnx::NodeProto& node, std::string_view name,
                     std::vector<std::int64_t> values) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

inline void set_int(onnx::NodeProto& node, std::string_view name, std::int64_t value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(onnx::AttributeProto::INT);
  attribute.set_i(value);
}

inline void set_float(onnx::NodeProto& node, std::string_view name, float value) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(onnx::AttributeProto::FLOAT);
  attribute.set_f(value);
}

}  // namespace layerwatt::models
