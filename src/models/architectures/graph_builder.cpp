#include "models/architectures/graph_builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/numbers.h"

#include "models/architectures/set_attributes.h"
#include "models/onnx/random_weights.h"
#include "models/onnx/tensor_type.h"

namespace layerwatt::models {
namespace {

constexpr std::int64_t kOperatorSet = 12;
constexpr std::int64_t kIrVersion = 7;

std::int64_t product(const std::vector<std::int64_t>& values, std::size_t from) {
  std::int64_t result = 1;
  for (std::size_t i = from; i < values.size(); ++i) result *= values[i];
  return result;
}

Moments sum_of(const Moments& a, const Moments& b) {
  return {a.mean + b.mean, a.square + b.square + 2.0 * a.mean * b.mean};
}

}  // namespace

GraphBuilder::GraphBuilder(const Architecture& architecture, const ArchitectureOptions& options)
    : options_(options), proto_(std::make_unique<OnnxModel::Proto>()) {
  proto_->label = architecture.name;
  onnx::ModelProto& model = proto_->model;
  model.set_ir_version(kIrVersion);
  model.set_producer_name("layerwatt");
  model.add_opset_import()->set_version(kOperatorSet);
  model.mutable_opset_import(0)->set_domain("");
  model.mutable_graph()->set_name(std::string(architecture.name));
  const bool takes_text = architecture.tokens > 0;
  const std::vector<std::int64_t> own_shape = input_shape_of(architecture, options.batch);
  input_.name = takes_text ? "input_ids" : "input";
  input_.shape = options.input_shape.empty() ? own_shape : options.input_shape;
  const bool positive =
      std::all_of(input_.shape.begin(), input_.shape.end(), [](auto d) { return d > 0; });
  const bool has_channels =
      takes_text || (input_.shape.size() > 1 && input_.shape[1] == architecture.channels);
  if (input_.shape.size() != own_shape.size() || !positive || !has_channels) {
    const std::string wanted =
        takes_text ? "texts of batch × tokens"
                   : fmt::format("images of batch × {} × height × width", architecture.channels);
    error_ =
        Error(ErrorCode::kInvalidArgument, fmt::format("'{}' takes {}, not {}", architecture.name,
                                                       wanted, fmt::join(input_.shape, " × ")));
    input_.shape = input_shape_of(architecture, 1);
  }
  if (takes_text) return;  // SequenceBuilder knows how many tokens are read at once
  onnx::ValueInfoProto& value = *model.mutable_graph()->add_input();
  value.set_name(input_.name);
  set_tensor_type(value, {onnx::TensorProto::FLOAT, input_.shape});
}

Value GraphBuilder::add_input(const std::string& name, std::vector<std::int64_t> shape,
                              std::int32_t type) {
  onnx::ValueInfoProto& value = *proto_->model.mutable_graph()->add_input();
  value.set_name(name);
  set_tensor_type(value, {type, shape});
  return {name, std::move(shape), {0.0, 1.0}};
}

onnx::NodeProto& GraphBuilder::node(std::string_view type, const std::string& name,
                                    std::initializer_list<std::string> inputs) {
  onnx::NodeProto& added = *proto_->model.mutable_graph()->add_node();
  added.set_name(name);
  added.set_op_type(std::string(type));
  for (const std::string& input : inputs) added.add_input(input);
  added.add_output(name + "_output");
  return added;
}

Value GraphBuilder::result(const onnx::NodeProto& node, std::vector<std::int64_t> shape,
                           Moments moments) const {
  return {node.output(0), std::move(shape), moments};
}

onnx::TensorProto& GraphBuilder::weight(const std::string& name,
                                        std::vector<std::int64_t> dimensions) {
  onnx::TensorProto& tensor = *proto_->model.mutable_graph()->add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t dimension : dimensions) tensor.add_dims(dimension);
  return tensor;
}

std::string GraphBuilder::constant(float value) {
  onnx::TensorProto tensor;
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  tensor.add_float_data(value);
  return constant_tensor(fmt::format("constant {}", format_shortest(static_cast<double>(value))),
                         std::move(tensor));
}

std::string GraphBuilder::constant_tensor(std::string name, onnx::TensorProto tensor) {
  if (!constants_.insert(name).second) return name;
  onnx::NodeProto& added = *proto_->model.mutable_graph()->add_node();
  added.set_name(name);
  added.set_op_type("Constant");
  added.add_output(name);
  onnx::AttributeProto& attribute = *added.add_attribute();
  attribute.set_name("value");
  attribute.set_type(onnx::AttributeProto::TENSOR);
  *attribute.mutable_t() = std::move(tensor);
  return name;
}

std::string GraphBuilder::constant_shape(const std::string& name,
                                         const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = weight(name, {static_cast<std::int64_t>(values.size())});
  tensor.set_data_type(onnx::TensorProto::INT64);
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return name;
}

void GraphBuilder::fail(std::string message) {
  if (!error_) error_ = Error(ErrorCode::kInvalidArgument, std::move(message));
}

void GraphBuilder::fail_on_image(const std::string& name, std::string_view why) {
  fail(fmt::format("'{}' cannot work on images of {} × {}: at '{}' {}", proto_->label,
                   input_.shape[2], input_.shape[3], name, why));
}

std::int64_t GraphBuilder::window_size(std::int64_t in, const std::string& name,
                                       const Pooling& shape) {
  const std::int64_t room = in + 2 * shape.padding - shape.kernel;
  if (room < 0) {
    fail_on_image(name, "nothing is left of them");
    return 1;
  }
  std::int64_t out = room / shape.stride + 1;
  if (shape.ceil && room % shape.stride != 0) {
    // A window that would begin in the padding behind the image is left out.
    if (out * shape.stride < in + shape.padding) ++out;
  }
  return out;
}

Value GraphBuilder::convolution(const Value& x, const std::string& name, const Convolution& shape) {
  const std::int64_t per_group = x.channels() / shape.groups;
  onnx::TensorProto& kernel =
      weight(name + ".weight", {shape.channels, per_group, shape.kernel, shape.kernel});
  const std::int64_t fan_in = per_group * shape.kernel * shape.kernel;
  if (is_random()) fill_normal(kernel, options_.seed, he_deviation(fan_in));
  onnx::NodeProto& added = node("Conv", name, {x.name, name + ".weight"});
  if (shape.bias) {
    onnx::TensorProto& bias = weight(name + ".bias", {shape.channels});
    if (is_random()) fill_normal(bias, options_.seed, 0x1p-6);
    added.add_input(name + ".bias");
  }
  set_ints(added, "dilations", {1, 1});
  set_int(added, "group", shape.groups);
  set_ints(added, "kernel_shape", {shape.kernel, shape.kernel});
  set_ints(added, "pads", {shape.padding, shape.padding, shape.padding, shape.padding});
  set_ints(added, "strides", {shape.stride, shape.stride});
  const Pooling window{shape.kernel, shape.stride, shape.padding, false};
  std::vector<std::int64_t> out = {x.shape[0], shape.channels,
                                   window_size(x.shape[2], name, window),
                                   window_size(x.shape[3], name, window)};
  double share = 1.0;
  for (std::size_t i = 2; i < 4; ++i) {
    share *= covered_share(x.shape[i], out[i], shape.kernel, shape.stride, shape.padding);
  }
  return result(added, std::move(out), {0.0, 2.0 * share * x.moments.square});
}

Value GraphBuilder::batch_norm(const Value& x, const std::string& name, double scale,
                               float epsilon) {
  const std::vector<std::int64_t> channels = {x.channels()};
  const double variance =
      coarse(std::max(1e-6, x.moments.square - x.moments.mean * x.moments.mean));
  // References to tensors stay valid while others are added: protobuf holds pointers.
  onnx::TensorProto& gamma = weight(name + ".weight", channels);
  onnx::TensorProto& beta = weight(name + ".bias", channels);
  onnx::TensorProto& mean = weight(name + ".running_mean", channels);
  onnx::TensorProto& spread = weight(name + ".running_var", channels);
  if (is_random()) {
    fill_around(gamma, options_.seed, 0x1p-3, scale);
    fill_normal(beta, options_.seed, 0x1p-3 * scale);
    fill_around(mean, options_.seed, 0x1p-4, coarse(x.moments.mean));
    fill_around(spread, options_.seed, 0x1p-4, variance);
  }
  onnx::NodeProto& added = node("BatchNormalization", name,
                                {x.name, gamma.name(), beta.name(), mean.name(), spread.name()});
  set_float(added, "epsilon", epsilon);
  return result(added, x.shape, {0.0, scale * scale});
}

Value GraphBuilder::layer_norm(const Value& x, const std::string& name, float epsilon) {
  const std::vector<std::int64_t> features = {x.shape.back()};
  onnx::TensorProto& gamma = weight(name + ".weight", features);
  onnx::TensorProto& beta = weight(name + ".bias", features);
  if (is_random()) {
    fill_around(gamma, options_.seed, 0x1p-3, 1.0);
    fill_normal(beta, options_.seed, 0x1p-3);
  }
  const std::string two = constant(2.0F);
  const std::string little = constant(epsilon);
  const auto mean_of = [&](const std::string& input, const std::string& node_name) {
    onnx::NodeProto& mean = node("ReduceMean", node_name, {input});
    set_ints(mean, "axes", {-1});
    return mean.output(0);
  };
  const std::string mean = mean_of(x.name, name + ".mean");
  const std::string centred = node("Sub", name + ".sub", {x.name, mean}).output(0);
  const std::string squares = node("Pow", name + ".pow", {centred, two}).output(0);
  const std::string variance = mean_of(squares, name + ".variance");
  const std::string shifted = node("Add", name + ".epsilon", {variance, little}).output(0);
  const std::string root = node("Sqrt", name + ".sqrt", {shifted}).output(0);
  const std::string normal = node("Div", name + ".div", {centred, root}).output(0);
  const std::string scaled = node("Mul", name + ".scale", {normal, gamma.name()}).output(0);
  return result(node("Add", name + ".shift", {scaled, beta.name()}), x.shape, {0.0, 1.0});
}

Value GraphBuilder::linear(const Value& x, const std::string& name, std::int64_t features) {
  onnx::TensorProto& matrix = weight(name + ".weight", {features, x.shape[1]});
  onnx::TensorProto& bias = weight(name + ".bias", {features});
  if (is_random()) {
    fill_normal(matrix, options_.seed, he_deviation(x.shape[1]));
    fill_normal(bias, options_.seed, 0x1p-6);
  }
  onnx::NodeProto& added = node("Gemm", name, {x.name, matrix.name(), bias.name()});
  set_int(added, "transB", 1);
  return result(added, {x.shape[0], features}, {0.0, 2.0 * x.moments.square});
}

Value GraphBuilder::pointwise_linear(const Value& x, const std::string& name, std::int64_t features,
                                     std::string_view joint) {
  const std::string prefix = name + std::string(joint);
  onnx::TensorProto& matrix = weight(prefix + "weight", {x.shape.back(), features});
  onnx::TensorProto& bias = weight(prefix + "bias", {features});
  if (is_random()) {
    fill_normal(matrix, options_.seed, he_deviation(x.shape.back()));
    fill_normal(bias, options_.seed, 0x1p-6);
  }
  const std::string raw = node("MatMul", name + ".matmul", {x.name, matrix.name()}).output(0);
  std::vector<std::int64_t> shape = x.shape;
  shape.back() = features;
  return result(node("Add", name + ".add", {raw, bias.name()}), std::move(shape),
                {0.0, 2.0 * x.moments.square});
}

Value GraphBuilder::activation(const Value& x, const std::string& name, Activation kind) {
  const Moments after = activated(x.moments, kind);
  const auto hard_sigmoid = [&](const std::string& node_name) -> onnx::NodeProto& {
    onnx::NodeProto& added = node("HardSigmoid", node_name, {x.name});
    set_float(added, "alpha", 1.0F / 6.0F);
    set_float(added, "beta", 0.5F);
    return added;
  };
  switch (kind) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return result(node("Relu", name, {x.name}), x.shape, after);
    case Activation::kRelu6: {
      const std::string low = constant(0.0F);
      const std::string high = constant(6.0F);
      return result(node("Clip", name, {x.name, low, high}), x.shape, after);
    }
    case Activation::kSigmoid:
      return result(node("Sigmoid", name, {x.name}), x.shape, after);
    case Activation::kHardSigmoid:
      return result(hard_sigmoid(name), x.shape, after);
    case Activation::kSilu: {
      const std::string gate = node("Sigmoid", name + ".sigmoid", {x.name}).output(0);
      return result(node("Mul", name, {x.name, gate}), x.shape, after);
    }
    case Activation::kHardSwish: {
      const std::string gate = hard_sigmoid(name + ".hardsigmoid").output(0);
      return result(node("Mul", name, {x.name, gate}), x.shape, after);
    }
    case Activation::kGeluTanh: {
      // x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), as GPT-2 has it.
      const std::string three = constant(3.0F);
      const std::string bend = constant(0.044715F);
      const std::string root = constant(0.79788456F);
      const std::string one = constant(1.0F);
      const std::string half = constant(0.5F);
      const std::string cube = node("Pow", name + ".pow", {x.name, three}).output(0);
      const std::string bent = node("Mul", name + ".bend", {cube, bend}).output(0);
      const std::string inner = node("Add", name + ".inner", {x.name, bent}).output(0);
      const std::string scaled = node("Mul", name + ".root", {inner, root}).output(0);
      const std::string tanh = node("Tanh", name + ".tanh", {scaled}).output(0);
      const std::string sum = node("Add", name + ".add", {tanh, one}).output(0);
      const std::string gated = node("Mul", name + ".mul", {x.name, sum}).output(0);
      return result(node("Mul", name, {gated, half}), x.shape, after);
    }
    case Activation::kGelu: {
      const std::string root_two = constant(1.41421356F);
      const std::string one = constant(1.0F);
      const std::string half = constant(0.5F);
      const std::string scaled = node("Div", name + ".div", {x.name, root_two}).output(0);
      const std::string erf = node("Erf", name + ".erf", {scaled}).output(0);
      const std::string sum = node("Add", name + ".add", {erf, one}).output(0);
      const std::string gated = node("Mul", name + ".mul", {x.name, sum}).output(0);
      return result(node("Mul", name, {gated, half}), x.shape, after);
    }
  }
  return x;
}

Value GraphBuilder::pool(std::string_view type, const Value& x, const std::string& name,
                         const Pooling& shape) {
  onnx::NodeProto& added = node(type, name, {x.name});
  set_int(added, "ceil_mode", shape.ceil ? 1 : 0);
  if (type == "AveragePool") set_int(added, "count_include_pad", 1);
  set_ints(added, "kernel_shape", {shape.kernel, shape.kernel});
  set_ints(added, "pads", {shape.padding, shape.padding, shape.padding, shape.padding});
  set_ints(added, "strides", {shape.stride, shape.stride});
  return result(added,
                {x.shape[0], x.channels(), window_size(x.shape[2], name, shape),
                 window_size(x.shape[3], name, shape)},
                x.moments);
}

Value GraphBuilder::max_pool(const Value& x, const std::string& name, const Pooling& shape) {
  Value out = pool("MaxPool", x, name, shape);
  // The largest of a few rectified Gaussians that overlap.
  out.moments = {2.0 * x.moments.mean, 2.4 * x.moments.square};
  return out;
}

Value GraphBuilder::average_pool(const Value& x, const std::string& name, const Pooling& shape) {
  Value out = pool("AveragePool", x, name, shape);
  out.moments.square = 0.5 * (x.moments.square + x.moments.mean * x.moments.mean);
  return out;
}

Value GraphBuilder::global_average_pool(const Value& x, const std::string& name) {
  // Neighbouring pixels agree, so that the mean over the image keeps a part of the variance.
  const double mean_square = x.moments.mean * x.moments.mean;
  const double square = mean_square + 0.2 * (x.moments.square - mean_square);
  return result(node("GlobalAveragePool", name, {x.name}), {x.shape[0], x.channels(), 1, 1},
                {x.moments.mean, square});
}

Value GraphBuilder::adaptive_average_pool(const Value& x, const std::string& name,
                                          std::int64_t size) {
  if (x.shape[2] == size && x.shape[3] == size) return x;
  if (x.shape[2] != x.shape[3] || x.shape[2] % size != 0) {
    fail_on_image(name, fmt::format("{} × {} remain, which is no multiple of {}", x.shape[2],
                                    x.shape[3], size));
    Value out = x;
    out.shape[2] = out.shape[3] = size;
    return out;
  }
  const std::int64_t window = x.shape[2] / size;
  return average_pool(x, name, {window, window, 0, false});
}

Value GraphBuilder::flatten(const Value& x, const std::string& name) {
  onnx::NodeProto& added = node("Flatten", name, {x.name});
  set_int(added, "axis", 1);
  return result(added, {x.shape[0], product(x.shape, 1)}, x.moments);
}

Value GraphBuilder::add(const Value& a, const Value& b, const std::string& name) {
  return result(node("Add", name, {a.name, b.name}), a.shape, sum_of(a.moments, b.moments));
}

Value GraphBuilder::multiply(const Value& a, const Value& b, const std::string& name) {
  return result(node("Mul", name, {a.name, b.name}), a.shape,
                {a.moments.mean * b.moments.mean, a.moments.square * b.moments.square});
}

Value GraphBuilder::concat(const std::vector<Value>& parts, const std::string& name,
                           std::size_t axis) {
  onnx::NodeProto& added = node("Concat", name, {});
  set_int(added, "axis", static_cast<std::int64_t>(axis));
  std::vector<std::int64_t> shape = parts.front().shape;
  shape[axis] = 0;
  Moments total{0.0, 0.0};
  for (const Value& part : parts) {
    added.add_input(part.name);
    shape[axis] += part.shape[axis];
    total.mean += part.moments.mean * static_cast<double>(part.shape[axis]);
    total.square += part.moments.square * static_cast<double>(part.shape[axis]);
  }
  const auto length = static_cast<double>(shape[axis]);
  return result(added, std::move(shape), {total.mean / length, total.square / length});
}

std::vector<Value> GraphBuilder::split_channels(const Value& x, const std::string& name) {
  onnx::NodeProto& added = node("Split", name, {x.name});
  added.add_output(name + "_output_1");
  const std::int64_t half = x.channels() / 2;
  set_int(added, "axis", 1);
  set_ints(added, "split", {half, half});
  Value first = result(added, x.shape, x.moments);
  first.shape[1] = half;
  Value second = first;
  second.name = added.output(1);
  return {first, second};
}

Value GraphBuilder::shuffle_channels(const Value& x, const std::string& name) {
  // A 0 copies the dimension at the same place of the input, the width here, and −1 is what
  // remains, the height: no size of the image is written down.
  const std::string apart = constant_shape(name + ".apart", {0, 2, x.channels() / 2, 0, -1});
  const std::string together = constant_shape(name + ".together", {0, x.channels(), -1, 0});
  const std::string grouped = node("Reshape", name + ".reshape", {x.name, apart}).output(0);
  onnx::NodeProto& swapped = node("Transpose", name + ".transpose", {grouped});
  set_ints(swapped, "perm", {0, 2, 1, 3, 4});
  return result(node("Reshape", name, {swapped.output(0), together}), x.shape, x.moments);
}

Value GraphBuilder::transpose(const Value& x, const std::string& name,
                              std::vector<std::int64_t> order) {
  std::vector<std::int64_t> shape;
  for (const std::int64_t axis : order) shape.push_back(x.shape[static_cast<std::size_t>(axis)]);
  onnx::NodeProto& added = node("Transpose", name, {x.name});
  set_ints(added, "perm", std::move(order));
  return result(added, std::move(shape), x.moments);
}

Value GraphBuilder::channel_scale(const Value& x, const std::string& name, double size) {
  onnx::TensorProto& factors = weight(name, {x.channels(), 1, 1});
  if (is_random()) fill_around(factors, options_.seed, 0x1p-3, size);
  return result(node("Mul", name + ".mul", {x.name, factors.name()}), x.shape,
                {x.moments.mean * size, x.moments.square * size * size});
}

void GraphBuilder::name_output(const Value& value, const std::string& name) {
  // What made it gives it the name of an output, and so does whatever reads it.
  onnx::GraphProto& graph = *proto_->model.mutable_graph();
  for (onnx::NodeProto& each : *graph.mutable_node()) {
    for (std::string& input : *each.mutable_input()) {
      if (input == value.name) input = name;
    }
    for (std::string& made : *each.mutable_output()) {
      if (made == value.name) made = name;
    }
  }
  onnx::ValueInfoProto& output = *graph.add_output();
  output.set_name(name);
  set_tensor_type(output, {onnx::TensorProto::FLOAT, value.shape});
}

Result<OnnxModel> GraphBuilder::finish(const Value& output) {
  if (error_) return *std::move(error_);
  name_output(output, "output");
  for (const auto& [value, name] : other_outputs_) name_output(value, name);
  return OnnxModel(std::move(proto_));
}

}  // namespace layerwatt::models
