#include "models/onnx/infer_types.h"

#include <onnx/defs/schema.h>
#include <onnx/shape_inference/implementation.h>

#include <algorithm>
#include <exception>

#include "models/onnx/runtime_operators.h"
#include "models/onnx/shape_constants.h"
#include "models/onnx/tensor_data.h"
#include "models/onnx/topological_order.h"

namespace layerwatt::models {
namespace {

/// Only small tensors can be shapes, axes or sizes; larger ones are described by their type alone.
constexpr std::int64_t kLargestShapeTensor = 1024;

using Constants = std::unordered_map<std::string, onnx::TensorProto>;

TensorType type_of_tensor(const onnx::TensorProto& tensor) {
  return {tensor.data_type(), dimensions_of(tensor)};
}

void note_constant(const onnx::TensorProto& tensor, TensorTypes& types, Constants& constants) {
  types[tensor.name()] = type_of_tensor(tensor);
  const std::optional<std::int64_t> count = element_count(tensor);
  if (count && *count <= kLargestShapeTensor && check_size(tensor)) {
    constants[tensor.name()] = tensor;
  }
}

/// False for a convolution whose weights have another rank than what it slides over: without a
/// `kernel_shape`, libonnx 1.12 then reads past the end of its strides.
bool has_weights_that_fit(const onnx::NodeProto& node, const TensorTypes& types) {
  const std::string& op = node.op_type();
  int weights = 1;
  if (op == "QLinearConv") {
    weights = 3;
  } else if (op != "Conv" && op != "ConvTranspose" && op != "ConvInteger" && op != "DeformConv") {
    return true;
  }
  if (node.input_size() <= weights) return true;
  const auto data = types.find(node.input(0));
  const auto kernel = types.find(node.input(weights));
  if (data == types.end() || kernel == types.end()) return true;
  const auto& dimensions = data->second.dimensions;
  return !dimensions || !kernel->second.dimensions ||
         dimensions->size() == kernel->second.dimensions->size();
}

/// An STFT is one-sided where it does not say (ONNX's operators, STFT-17); libonnx 1.12 infers it
/// as two-sided.
void say_sides_of_stft(onnx::NodeProto& node) {
  if (node.op_type() != "STFT" || find_attribute(node, "onesided") != nullptr) return;
  onnx::AttributeProto& sides = *node.add_attribute();
  sides.set_name("onesided");
  sides.set_type(onnx::AttributeProto::INT);
  sides.set_i(1);
}

/// Infers one node as a model of its own.
void infer_node(const onnx::ModelProto& model, const onnx::NodeProto& node, TensorTypes& types,
                const Constants& constants) {
  onnx::ModelProto alone;
  alone.set_ir_version(7);
  onnx::NodeProto* copy = alone.mutable_graph()->add_node();
  *copy = standard_form(node);
  if (!has_weights_that_fit(*copy, types)) return;
  say_sides_of_stft(*copy);
  auto* opset = alone.add_opset_import();
  opset->set_domain(copy->domain());
  opset->set_version(imported_opset(model, copy->domain()).value_or(12));
  if (!is_default_domain(copy->domain())) {
    *alone.add_opset_import() = onnx::OperatorSetIdProto();
    alone.mutable_opset_import(1)->set_version(imported_opset(model, "").value_or(12));
  }
  std::vector<std::string> inputs = consumed_tensors(*copy);
  std::sort(inputs.begin(), inputs.end());
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  for (const std::string& name : inputs) {
    if (const auto constant = constants.find(name); constant != constants.end()) {
      *alone.mutable_graph()->add_initializer() = constant->second;
    } else if (const auto type = types.find(name);
               type != types.end() && type->second.element != onnx::TensorProto::UNDEFINED) {
      onnx::ValueInfoProto* value = alone.mutable_graph()->add_input();
      value->set_name(name);
      set_tensor_type(*value, type->second);
    }
  }
  try {
    onnx::shape_inference::InferShapes(alone);
  } catch (const std::exception&) {
    // Operators without a definition, and shapes that do not fit: the outputs stay unknown.
    return;
  }
  for (const onnx::ValueInfoProto& value : alone.graph().value_info()) {
    if (value.type().has_tensor_type()) types[value.name()] = tensor_type_of(value.type());
  }
}

/// The file's own words about a tensor fill what inference left open.
void complete(TensorType& type, const TensorType& stated) {
  if (type.element == onnx::TensorProto::UNDEFINED) type.element = stated.element;
  if (!stated.dimensions) return;
  if (!type.dimensions) {
    type.dimensions = stated.dimensions;
  } else if (type.dimensions->size() == stated.dimensions->size()) {
    for (std::size_t i = 0; i < type.dimensions->size(); ++i) {
      if ((*type.dimensions)[i] < 0) (*type.dimensions)[i] = (*stated.dimensions)[i];
    }
  }
}

void apply_known(const std::string& name, const KnownTensors& known, TensorTypes& types) {
  if (known.shapes != nullptr) {
    if (const auto shape = known.shapes->find(name); shape != known.shapes->end()) {
      types[name].dimensions = shape->second;
    }
  }
  if (known.types != nullptr) {
    if (const auto type = known.types->find(name); type != known.types->end()) {
      if (const auto element = type_of_name(type->second)) types[name].element = *element;
    }
  }
}

}  // namespace

TensorTypes infer_tensor_types(const onnx::ModelProto& model, const KnownTensors& known) {
  TensorTypes types;
  Constants constants;
  const onnx::GraphProto& graph = model.graph();
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    note_constant(tensor, types, constants);
  }
  for (const onnx::ValueInfoProto& input : graph.input()) {
    if (!types.contains(input.name())) types[input.name()] = tensor_type_of(input.type());
    apply_known(input.name(), known, types);
  }
  TensorTypes stated;
  for (const auto* values : {&graph.value_info(), &graph.output()}) {
    for (const onnx::ValueInfoProto& value : *values) {
      stated[value.name()] = tensor_type_of(value.type());
    }
  }
  for (const onnx::NodeProto& node : graph.node()) {
    if (node.op_type() == "Constant" && is_default_domain(node.domain())) {
      if (const auto tensor = constant_tensor(node)) note_constant(*tensor, types, constants);
      continue;
    }
    infer_node(model, node, types, constants);
    infer_runtime_operator(node, types);
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      if (const auto found = stated.find(output); found != stated.end()) {
        complete(types[output], found->second);
      }
      apply_known(output, known, types);
    }
    if (auto constant = shape_constant(node, types, constants)) {
      note_constant(*constant, types, constants);
    }
  }
  return types;
}

}  // namespace layerwatt::models
