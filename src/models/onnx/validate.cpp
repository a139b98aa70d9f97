#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>

#include <exception>
#include <set>

#include "models/onnx/onnx_model.h"
#include "models/onnx/tensor_type.h"

namespace layerwatt {
namespace {

/// Operators that ONNX Runtime defines: it checks them when it loads the model.
bool is_runtime_domain(const std::string& domain) { return domain.starts_with("com.microsoft"); }

/// "Foo (com.example, version 1)" for every operator that nobody defines.
void find_unknown(const onnx::ModelProto& model, const onnx::GraphProto& graph,
                  std::set<std::string>& unknown) {
  for (const onnx::NodeProto& node : graph.node()) {
    for (const onnx::AttributeProto& attribute : node.attribute()) {
      if (attribute.has_g()) find_unknown(model, attribute.g(), unknown);
    }
    if (is_runtime_domain(node.domain())) continue;
    const std::string domain = models::is_default_domain(node.domain()) ? "" : node.domain();
    const std::int64_t version = models::imported_opset(model, domain).value_or(1);
    // Newer sets than libonnx knows: an operator that it knows at all passes.
    const int known = static_cast<int>(std::min<std::int64_t>(version, 1000));
    if (onnx::OpSchemaRegistry::Schema(node.op_type(), known, domain) == nullptr) {
      unknown.insert(fmt::format("{} ({}, version {})", node.op_type(),
                                 domain.empty() ? "ai.onnx" : domain, version));
    }
  }
}

bool needs_runtime(const onnx::ModelProto& model) {
  for (const onnx::NodeProto& node : model.graph().node()) {
    if (is_runtime_domain(node.domain())) return true;
  }
  return false;
}

}  // namespace

Result<void> OnnxModel::validate() const {
  std::set<std::string> unknown;
  try {
    find_unknown(proto_->model, proto_->model.graph(), unknown);
    if (!unknown.empty()) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("'{}' uses operators that are not defined: {}; the engine would need "
                      "an extension for them",
                      label(), fmt::join(unknown, ", ")));
    }
    // libonnx refuses operators that it does not define, whoever else does.
    if (!needs_runtime(proto_->model)) onnx::checker::check_model(proto_->model);
  } catch (const std::exception& problem) {
    return Error(ErrorCode::kParse,
                 fmt::format("'{}' is not a valid ONNX model: {}", label(), problem.what()));
  }
  return {};
}

}  // namespace layerwatt
