#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace layerwatt::models {

inline bool is_default_domain(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

/// The attribute, or nullptr.
inline const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node,
                                                  std::string_view name) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

inline std::int64_t attribute_or(const onnx::NodeProto& node, std::string_view name,
                                 std::int64_t fallback) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? fallback : attribute->i();
}

/// Empty where there is none.
inline std::vector<std::int64_t> attribute_ints(const onnx::NodeProto& node,
                                                std::string_view name) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  if (attribute == nullptr) return {};
  return {attribute->ints().begin(), attribute->ints().end()};
}

inline std::string attribute_text(const onnx::NodeProto& node, std::string_view name) {
  const onnx::AttributeProto* attribute = find_attribute(node, name);
  return attribute == nullptr ? std::string() : attribute->s();
}

}  // namespace layerwatt::models
