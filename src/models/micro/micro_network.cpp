#include <fmt/format.h>

#include <memory>
#include <utility>

#include "layerwatt/models/micro_layers.h"

#include "models/onnx/onnx_model.h"
#include "models/onnx/random_weights.h"
#include "models/onnx/tensor_type.h"

namespace layerwatt {
namespace {

constexpr std::int64_t kOperatorSet = 12;
constexpr std::int64_t kIrVersion = 7;

using Shape = std::vector<std::int64_t>;

std::string_view word_of(MicroKind kind) {
  constexpr std::string_view kWords[] = {"conv", "maxpool", "avgpool", "dense", "add", "relu"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::string_view operator_of(MicroKind kind) {
  constexpr std::string_view kOperators[] = {"Conv", "MaxPool", "AveragePool",
                                             "Gemm", "Add",     "Relu"};
  return kOperators[static_cast<std::size_t>(kind)];
}

bool has_window(MicroKind kind) {
  return kind == MicroKind::kConvolution || kind == MicroKind::kMaxPool ||
         kind == MicroKind::kAveragePool;
}

/// Odd windows keep the image's size at stride 1; a window of two lies on pairs.
std::int64_t padding_of(const MicroLayer& layer) { return (layer.kernel - 1) / 2; }

Shape input_shape(const MicroLayer& layer) {
  if (layer.kind == MicroKind::kDense) return {layer.batch, layer.input[0]};
  return {layer.batch, layer.input[0], layer.input[1], layer.input[2]};
}

Shape output_shape(const MicroLayer& layer) {
  if (layer.kind == MicroKind::kDense) return {layer.batch, layer.channels};
  if (!has_window(layer.kind)) return input_shape(layer);
  const auto out = [&](std::int64_t in) {
    return (in + 2 * padding_of(layer) - layer.kernel) / layer.stride + 1;
  };
  return {layer.batch, layer.channels, out(layer.input[1]), out(layer.input[2])};
}

class Writer {
 public:
  Writer(const std::string& name, std::uint64_t seed)
      : proto_(std::make_unique<OnnxModel::Proto>()), seed_(seed) {
    proto_->label = name;
    onnx::ModelProto& model = proto_->model;
    model.set_ir_version(kIrVersion);
    model.set_producer_name("layerwatt");
    model.add_opset_import()->set_version(kOperatorSet);
    model.mutable_opset_import(0)->set_domain("");
    model.mutable_graph()->set_name(name);
  }

  void add(const MicroLayer& layer, const std::string& name) {
    onnx::NodeProto& node = *graph().add_node();
    node.set_name(name);
    node.set_op_type(std::string(operator_of(layer.kind)));
    tensor(*graph().add_input(), name + "_input", input_shape(layer));
    node.add_input(name + "_input");
    if (layer.kind == MicroKind::kAdd) {
      tensor(*graph().add_input(), name + "_other", input_shape(layer));
      node.add_input(name + "_other");
    }
    if (layer.kind == MicroKind::kConvolution) {
      weight(node, name + ".weight",
             {layer.channels, layer.input[0] / layer.groups, layer.kernel, layer.kernel});
      weight(node, name + ".bias", {layer.channels});
      integer(node, "group", layer.groups);
    }
    if (layer.kind == MicroKind::kDense) {
      weight(node, name + ".weight", {layer.channels, layer.input[0]});
      weight(node, name + ".bias", {layer.channels});
      integer(node, "transB", 1);
    }
    if (has_window(layer.kind)) {
      const std::int64_t padding = padding_of(layer);
      integers(node, "kernel_shape", {layer.kernel, layer.kernel});
      integers(node, "pads", {padding, padding, padding, padding});
      integers(node, "strides", {layer.stride, layer.stride});
    }
    node.add_output(name + "_output");
    tensor(*graph().add_output(), name + "_output", output_shape(layer));
  }

  OnnxModel finish() { return OnnxModel(std::move(proto_)); }

 private:
  onnx::GraphProto& graph() { return *proto_->model.mutable_graph(); }

  static void tensor(onnx::ValueInfoProto& value, const std::string& name, const Shape& shape) {
    value.set_name(name);
    models::set_tensor_type(value, {onnx::TensorProto::FLOAT, shape});
  }
  void weight(onnx::NodeProto& node, const std::string& name, const Shape& shape) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t fan_in = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      tensor.add_dims(shape[i]);
      if (i > 0) fan_in *= shape[i];
    }
    models::fill_normal(tensor, seed_, models::he_deviation(fan_in));
    node.add_input(name);
  }
  static void integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void integers(onnx::NodeProto& node, const std::string& name, const Shape& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }

  std::unique_ptr<OnnxModel::Proto> proto_;
  std::uint64_t seed_;
};

}  // namespace

std::string name_of(const MicroLayer& layer) {
  std::string text = fmt::format("{}", word_of(layer.kind));
  if (has_window(layer.kind)) {
    text += fmt::format(" {0}x{0}s{1}", layer.kernel, layer.stride);
  }
  if (layer.groups > 1) text += fmt::format(" g{}", layer.groups);
  return text + fmt::format(" {}x{}x{} to {} b{}", layer.input[0], layer.input[1], layer.input[2],
                            layer.channels, layer.batch);
}

OnnxModel build_micro_network(std::span<const MicroLayer> layers, std::size_t first,
                              const std::string& name, std::uint64_t seed) {
  Writer writer(name, seed);
  for (const MicroLayer& layer : layers) {
    writer.add(layer, fmt::format("{:03} {}", first++, name_of(layer)));
  }
  return writer.finish();
}

}  // namespace layerwatt
