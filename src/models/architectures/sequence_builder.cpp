#include "models/architectures/sequence_builder.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "models/architectures/set_attributes.h"
#include "models/onnx/random_weights.h"

namespace layerwatt::models {
namespace {

/// What is added to a score that must not count: e⁻¹⁰⁰⁰⁰ is 0, and float16 holds it.
constexpr float kMasked = -10000.0F;
/// Embeddings of GPT-2 and BERT begin with a deviation of 0.02; trained ones are larger.
constexpr double kTableDeviation = 0x1p-3;

}  // namespace

Value SequenceBuilder::token_input(std::int64_t tokens) {
  return number_input("input_ids", {input().shape.front(), tokens});
}

Value SequenceBuilder::number_input(const std::string& name, std::vector<std::int64_t> shape) {
  return add_input(name, std::move(shape), onnx::TensorProto::INT64);
}

Value SequenceBuilder::learned(const std::string& name, std::vector<std::int64_t> shape) {
  onnx::TensorProto& tensor = weight(name, shape);
  if (is_random()) fill_normal(tensor, seed(), kTableDeviation);
  return {name, std::move(shape), {0.0, kTableDeviation * kTableDeviation}};
}

Value SequenceBuilder::embedding(const Value& numbers, const std::string& name, std::int64_t rows,
                                 std::int64_t features) {
  const Value table = learned(name + ".weight", {rows, features});
  std::vector<std::int64_t> shape = numbers.shape;
  shape.push_back(features);
  return result(node("Gather", name, {table.name, numbers.name}), std::move(shape), table.moments);
}

Value SequenceBuilder::places(const std::string& name, std::int64_t rows, std::int64_t features,
                              std::int64_t first, std::int64_t count) {
  if (first + count > rows) {
    fail(fmt::format("'{}' knows {} places, and {} are asked for", label(), rows, first + count));
    first = 0;
    count = 1;
  }
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(first + i);
  const Value table = learned(name + ".weight", {rows, features});
  const std::string where = constant_numbers(name + ".places", std::move(numbers), false);
  return result(node("Gather", name, {table.name, where}), {count, features}, table.moments);
}

Value SequenceBuilder::repeat_over_batch(const Value& x, const std::string& name,
                                         std::int64_t batch) {
  std::vector<std::int64_t> shape = x.shape;
  shape.front() = batch;
  const std::string wanted = constant_shape(name + ".shape", shape);
  return result(node("Expand", name, {x.name, wanted}), std::move(shape), x.moments);
}

Value SequenceBuilder::reshape(const Value& x, const std::string& name,
                               std::vector<std::int64_t> shape) {
  // A 0 copies the dimension at the same place, so that no size of the batch is written down.
  std::vector<std::int64_t> wanted = shape;
  wanted.front() = 0;
  const std::string target = constant_shape(name + ".shape", wanted);
  return result(node("Reshape", name, {x.name, target}), std::move(shape), x.moments);
}

Value SequenceBuilder::tanh(const Value& x, const std::string& name) {
  return result(node("Tanh", name, {x.name}), x.shape, {0.0, 0.5});
}

Value SequenceBuilder::at_place(const Value& x, const std::string& name, std::int64_t place) {
  const std::string where = constant_numbers(name + ".place", {place}, true);
  onnx::NodeProto& gathered = node("Gather", name, {x.name, where});
  set_int(gathered, "axis", 1);
  return result(gathered, {x.shape[0], x.shape[2]}, x.moments);
}

Value SequenceBuilder::split_heads(const Value& x, const std::string& name, std::int64_t heads) {
  const Value apart =
      reshape(x, name + ".heads", {x.shape[0], x.shape[1], heads, x.shape[2] / heads});
  return transpose(apart, name + ".by_head", {0, 2, 1, 3});
}

AttentionInputs SequenceBuilder::split_attention(const Value& x, const std::string& name,
                                                 std::int64_t heads) {
  const std::int64_t features = x.shape[2] / 3;
  onnx::NodeProto& split = node("Split", name + ".split", {x.name});
  set_int(split, "axis", 2);
  set_ints(split, "split", {features, features, features});
  std::vector<Value> parts(3,
                           Value{split.output(0), {x.shape[0], x.shape[1], features}, x.moments});
  for (int i = 1; i < 3; ++i) {
    split.add_output(fmt::format("{}.split_output_{}", name, i));
    parts[static_cast<std::size_t>(i)].name = split.output(i);
  }
  return {split_heads(parts[0], name + ".query", heads),
          split_heads(parts[1], name + ".key", heads),
          split_heads(parts[2], name + ".value", heads)};
}

Value SequenceBuilder::attention(const AttentionInputs& inputs, const std::string& name,
                                 bool causal) {
  const auto size = static_cast<double>(inputs.queries.shape[3]);
  const Value turned = transpose(inputs.keys, name + ".key_transposed", {0, 1, 3, 2});
  const Value raw = matrix_product(inputs.queries, turned, name + ".scores", {0.0, 1.0});
  const std::string scale = constant(static_cast<float>(1.0 / std::sqrt(size)));
  std::string scores = node("Mul", name + ".scale", {raw.name, scale}).output(0);
  if (causal && raw.shape[2] > 1) {
    const std::string mask = causal_mask(raw.shape[2]);
    scores = node("Add", name + ".mask", {scores, mask}).output(0);
  }
  onnx::NodeProto& softmax = node("Softmax", name + ".softmax", {scores});
  // Below operator set 13 it works on all dimensions from the axis on: the last alone.
  set_int(softmax, "axis", 3);
  const Value weights = result(softmax, raw.shape, {0.0, 1.0});
  const Value mixed =
      matrix_product(weights, inputs.values, name + ".context", inputs.values.moments);
  const Value together = transpose(mixed, name + ".by_place", {0, 2, 1, 3});
  return reshape(together, name + ".together",
                 {mixed.shape[0], mixed.shape[2], mixed.shape[1] * mixed.shape[3]});
}

Value SequenceBuilder::scores_of_table(const Value& x, const std::string& table, std::int64_t rows,
                                       const std::string& name) {
  onnx::NodeProto& turned = node("Transpose", name + ".transpose", {table});
  set_ints(turned, "perm", {1, 0});
  const Value columns = result(turned, {x.shape.back(), rows}, {0.0, 1.0});
  std::vector<std::int64_t> shape = x.shape;
  shape.back() = rows;
  return result(node("MatMul", name, {x.name, columns.name}), std::move(shape), {0.0, 1.0});
}

Value SequenceBuilder::matrix_product(const Value& a, const Value& b, const std::string& name,
                                      Moments moments) {
  std::vector<std::int64_t> shape = a.shape;
  shape.back() = b.shape.back();
  return result(node("MatMul", name, {a.name, b.name}), std::move(shape), moments);
}

std::string SequenceBuilder::constant_numbers(const std::string& name,
                                              std::vector<std::int64_t> numbers, bool is_scalar) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::INT64);
  if (!is_scalar) tensor.add_dims(static_cast<std::int64_t>(numbers.size()));
  for (const std::int64_t number : numbers) tensor.add_int64_data(number);
  return constant_tensor(name, std::move(tensor));
}

std::string SequenceBuilder::causal_mask(std::int64_t places) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_dims(places);
  tensor.add_dims(places);
  for (std::int64_t row = 0; row < places; ++row) {
    for (std::int64_t column = 0; column < places; ++column) {
      tensor.add_float_data(column > row ? kMasked : 0.0F);
    }
  }
  return constant_tensor(fmt::format("causal mask {}", places), std::move(tensor));
}

}  // namespace layerwatt::models
