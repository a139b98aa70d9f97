#include "models/onnx/shape_constants.h"

#include "models/onnx/tensor_data.h"

namespace layerwatt::models {
namespace {

using Constants = std::unordered_map<std::string, onnx::TensorProto>;
using Integers = std::vector<std::int64_t>;

/// A vector of integers, or one integer.
struct Value {
  Integers numbers;
  bool scalar = false;
};

std::optional<Value> value_of(const std::string& name, const Constants& constants) {
  const auto found = constants.find(name);
  if (found == constants.end() || found->second.dims_size() > 1) return std::nullopt;
  const std::optional<Integers> numbers = integer_values(found->second);
  if (!numbers) return std::nullopt;
  return Value{*numbers, found->second.dims_size() == 0};
}

std::optional<Value> gather(const Value& data, const Value& indices) {
  Value picked;
  picked.scalar = indices.scalar;
  const auto count = static_cast<std::int64_t>(data.numbers.size());
  for (std::int64_t index : indices.numbers) {
    if (index < 0) index += count;
    if (index < 0 || index >= count) return std::nullopt;
    picked.numbers.push_back(data.numbers[static_cast<std::size_t>(index)]);
  }
  return picked;
}

std::optional<Value> evaluate(const onnx::NodeProto& node, const TensorTypes& types,
                              const Constants& constants) {
  const std::string& type = node.op_type();
  if (type == "Shape") {
    const auto input = types.find(node.input(0));
    if (input == types.end() || !input->second.has_shape()) return std::nullopt;
    if (node.attribute_size() > 0) return std::nullopt;  // start and end, from opset 15
    return Value{*input->second.dimensions, false};
  }
  std::vector<Value> inputs;
  for (const std::string& name : node.input()) {
    std::optional<Value> value = value_of(name, constants);
    if (!value) return std::nullopt;
    inputs.push_back(std::move(*value));
  }
  if (inputs.empty()) return std::nullopt;
  if (type == "Gather" && inputs.size() == 2) return gather(inputs[0], inputs[1]);
  if (type == "Identity") return inputs[0];
  if (type == "Cast" && attribute_or(node, "to", 0) == onnx::TensorProto::INT64) return inputs[0];
  if (type == "Unsqueeze" && inputs[0].scalar) return Value{inputs[0].numbers, false};
  if (type == "Squeeze" && inputs[0].numbers.size() == 1) return Value{inputs[0].numbers, true};
  if (type == "Concat") {
    Value joined;
    for (const Value& input : inputs) {
      joined.numbers.insert(joined.numbers.end(), input.numbers.begin(), input.numbers.end());
    }
    return joined;
  }
  return std::nullopt;
}

}  // namespace

std::optional<onnx::TensorProto> shape_constant(const onnx::NodeProto& node,
                                                const TensorTypes& types,
                                                const Constants& constants) {
  if (!is_default_domain(node.domain()) || node.input_size() == 0 || node.output_size() != 1) {
    return std::nullopt;
  }
  const std::optional<Value> value = evaluate(node, types, constants);
  if (!value) return std::nullopt;
  onnx::TensorProto tensor;
  tensor.set_name(node.output(0));
  tensor.set_data_type(onnx::TensorProto::INT64);
  if (!value->scalar) tensor.add_dims(static_cast<std::int64_t>(value->numbers.size()));
  for (const std::int64_t number : value->numbers) tensor.add_int64_data(number);
  return tensor;
}

}  // namespace layerwatt::models
