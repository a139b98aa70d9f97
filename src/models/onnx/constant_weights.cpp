#include "layerwatt/models/constant_weights.h"

#include <fmt/format.h>

#include <limits>
#include <unordered_map>

#include "models/onnx/onnx_model.h"
#include "models/onnx/random_weights.h"
#include "models/onnx/tensor_data.h"

namespace layerwatt {
namespace {

/// What a weight is for: which input of which operator.
struct Use {
  const onnx::NodeProto* node = nullptr;
  int input = 0;
};

/// Multiplications that end in one output of the node.
std::int64_t fan_in(const onnx::NodeProto& node, const std::vector<std::int64_t>& dimensions) {
  const auto product_from = [&](std::size_t first) {
    return models::element_count(std::span(dimensions).subspan(first)).value_or(1);
  };
  if (dimensions.size() < 2) return 1;
  if (node.op_type() == "Gemm" && models::attribute_or(node, "transB", 0) == 0) {
    return dimensions[0];
  }
  if (node.op_type() == "MatMul") return dimensions[dimensions.size() - 2];
  return product_from(1);
}

void fill(onnx::TensorProto& tensor, const Use& use, std::uint64_t seed) {
  const std::vector<std::int64_t> dimensions = models::dimensions_of(tensor);
  const std::string& type = use.node == nullptr ? std::string() : use.node->op_type();
  if (type.ends_with("Normalization")) {
    // Scale and variance around 1, bias and mean around 0.
    const bool positive = use.input == 1 || use.input == 4;
    positive ? models::fill_around(tensor, seed, 0x1p-4, 1.0)
             : models::fill_normal(tensor, seed, 0x1p-4);
    return;
  }
  const bool product =
      type == "Conv" || type == "ConvTranspose" || type == "Gemm" || type == "MatMul";
  if (product && use.input == 1 && dimensions.size() > 1) {
    models::fill_normal(tensor, seed, models::he_deviation(fan_in(*use.node, dimensions)));
  } else if (type == "Mul" || type == "Div") {
    models::fill_around(tensor, seed, 0x1p-4, 1.0);
  } else {
    models::fill_normal(tensor, seed, 0x1p-6);
  }
}

/// Shape and type of what a ConstantOfShape makes; nullopt where its shape is computed.
std::optional<onnx::TensorProto> result_of(
    const onnx::NodeProto& node,
    const std::unordered_map<std::string, std::vector<std::int64_t>>& shapes) {
  if (node.input_size() != 1 || node.output_size() != 1) return std::nullopt;
  const auto shape = shapes.find(node.input(0));
  if (shape == shapes.end()) return std::nullopt;
  onnx::TensorProto tensor;
  tensor.set_name(node.output(0));
  for (const std::int64_t dimension : shape->second) tensor.add_dims(dimension);
  const onnx::AttributeProto* value = models::find_attribute(node, "value");
  tensor.set_data_type(value == nullptr ? static_cast<std::int32_t>(onnx::TensorProto::FLOAT)
                                        : value->t().data_type());
  return tensor;
}

}  // namespace

Result<MaterialisedWeights> materialise_constants(OnnxModel& model, std::uint64_t seed) {
  onnx::GraphProto& graph = *model.proto().model.mutable_graph();
  std::unordered_map<std::string, std::vector<std::int64_t>> shapes;
  const auto note = [&](const std::string& name, const onnx::TensorProto& tensor) {
    if (tensor.dims_size() > 1) return;
    if (auto values = models::integer_values(tensor)) shapes.emplace(name, *std::move(values));
  };
  for (const onnx::TensorProto& tensor : graph.initializer()) note(tensor.name(), tensor);
  std::unordered_map<std::string, Use> uses;
  for (const onnx::NodeProto& node : graph.node()) {
    if (node.op_type() == "Constant") {
      if (const auto tensor = models::constant_tensor(node)) note(tensor->name(), *tensor);
    }
    for (int i = 0; i < node.input_size(); ++i) uses.emplace(node.input(i), Use{&node, i});
  }
  MaterialisedWeights made;
  std::vector<onnx::TensorProto> tensors;
  std::vector<int> kept;
  for (int i = 0; i < graph.node_size(); ++i) {
    const onnx::NodeProto& node = graph.node(i);
    std::optional<onnx::TensorProto> tensor;
    if (node.op_type() == "ConstantOfShape") tensor = result_of(node, shapes);
    const bool random = tensor && tensor->data_type() == onnx::TensorProto::FLOAT;
    if (!random) {
      kept.push_back(i);
      continue;
    }
    const std::optional<std::int64_t> count = models::element_count(*tensor);
    made.elements += count.value_or(std::numeric_limits<std::int32_t>::max());
    if (!count || made.elements > std::numeric_limits<std::int32_t>::max() / 4) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("'{}' asks for more than 2 GiB of weights at the node '{}'",
                               model.label(), node.name()));
    }
    made.tensors.push_back(tensor->name());
    tensors.push_back(*std::move(tensor));
  }
  for (onnx::TensorProto& tensor : tensors) {
    const auto use = uses.find(tensor.name());
    fill(tensor, use == uses.end() ? Use{} : use->second, seed);
    graph.add_initializer()->Swap(&tensor);
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  for (const int i : kept) nodes.Add()->Swap(graph.mutable_node(i));
  graph.mutable_node()->Swap(&nodes);
  // Before version 4 of the format, every weight had to be listed as an input as well.
  if (!made.tensors.empty() && model.proto().model.ir_version() < 4) {
    model.proto().model.set_ir_version(4);
  }
  return made;
}

}  // namespace layerwatt
