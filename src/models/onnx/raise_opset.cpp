#include "models/onnx/raise_opset.h"

#include <fmt/format.h>

#include "models/onnx/infer_types.h"

namespace layerwatt::models {
namespace {

bool is_softmax(const onnx::NodeProto& node) {
  return node.op_type() == "Softmax" || node.op_type() == "LogSoftmax" ||
         node.op_type() == "Hardmax";
}

/// Softmax of set 12 flattens all dimensions from `axis` on; that of 13 works along one.
Result<void> check_softmax(const onnx::ModelProto& model) {
  const TensorTypes types = infer_tensor_types(model);
  for (const onnx::NodeProto& node : model.graph().node()) {
    if (!is_softmax(node) || node.input_size() == 0) continue;
    const auto type = types.find(node.input(0));
    const bool known = type != types.end() && type->second.dimensions.has_value();
    const std::int64_t axis = attribute_or(node, "axis", 1);
    const auto last = known ? static_cast<std::int64_t>(type->second.dimensions->size()) - 1 : -2;
    if (axis == -1 || axis == last) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the node '{}' ({}) works over several dimensions, which operator set "
                             "13 no longer has",
                             node.name(), node.op_type()));
  }
  return {};
}

/// Turns an attribute of integers into an input.
void move_to_input(onnx::GraphProto& graph, onnx::NodeProto& node, const std::string& name) {
  for (int i = 0; i < node.attribute_size(); ++i) {
    if (node.attribute(i).name() != name) continue;
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(fmt::format("{}.{}", node.name(), name));
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(node.attribute(i).ints_size());
    *tensor.mutable_int64_data() = node.attribute(i).ints();
    node.add_input(tensor.name());
    node.mutable_attribute()->DeleteSubrange(i, 1);
    return;
  }
}

}  // namespace

Result<void> raise_to_opset_13(onnx::ModelProto& model) {
  const std::int64_t version = imported_opset(model, "").value_or(0);
  if (version >= 13) return {};
  if (version < 11) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("it uses operator set {}, and only 11 and later can be rewritten; "
                             "export the network anew",
                             version));
  }
  if (Result<void> checked = check_softmax(model); !checked) return checked;
  onnx::GraphProto& graph = *model.mutable_graph();
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    if (!is_default_domain(node.domain())) continue;
    if (node.op_type() == "Split") move_to_input(graph, node, "split");
    if (node.op_type() == "Squeeze" || node.op_type() == "Unsqueeze" ||
        node.op_type() == "ReduceSum") {
      move_to_input(graph, node, "axes");
    }
    if (is_softmax(node) && find_attribute(node, "axis") == nullptr) {
      onnx::AttributeProto& axis = *node.add_attribute();
      axis.set_name("axis");
      axis.set_type(onnx::AttributeProto::INT);
      axis.set_i(1);
    }
  }
  for (auto& opset : *model.mutable_opset_import()) {
    if (is_default_domain(opset.domain())) opset.set_version(13);
  }
  return {};
}

}  // namespace layerwatt::models
