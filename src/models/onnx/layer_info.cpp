#include "layerwatt/models/layer_info.h"

#include <algorithm>
#include <cctype>
#include <unordered_set>

#include "models/onnx/infer_types.h"
#include "models/onnx/layer_flops.h"
#include "models/onnx/layer_window.h"
#include "models/onnx/onnx_model.h"
#include "models/onnx/runtime_operators.h"
#include "models/onnx/tensor_data.h"
#include "models/onnx/topological_order.h"

namespace layerwatt {
namespace {

using models::TensorType;
using models::TensorTypes;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// In the words of TensorRT's inspector.
std::string format_of(std::int32_t element, bool blocked) {
  const std::string layout = blocked ? "Channel blocked " : "Row major linear ";
  switch (element) {
    case onnx::TensorProto::FLOAT:
      return layout + "FP32";
    case onnx::TensorProto::FLOAT16:
      return layout + "FP16";
    case onnx::TensorProto::BFLOAT16:
      return layout + "BF16";
    case onnx::TensorProto::DOUBLE:
      return layout + "FP64";
    case onnx::TensorProto::UNDEFINED:
      return {};
    default:
      return layout + upper(models::type_name(element));
  }
}

class Describer {
 public:
  Describer(const onnx::ModelProto& model, const TensorShapes* known)
      : graph_(model.graph()), types_(models::infer_tensor_types(model, {known, nullptr})) {
    for (const onnx::TensorProto& tensor : graph_.initializer()) constants_.insert(tensor.name());
    for (const onnx::NodeProto& node : graph_.node()) {
      const bool constant = node.op_type() == "Constant";
      for (const std::string& output : node.output()) {
        if (constant) constants_.insert(output);
        if (node.domain() == models::kMicrosoftBlocked && node.op_type() != "ReorderOutput") {
          blocked_.insert(output);
        }
      }
    }
  }

  std::vector<Layer> describe() const {
    std::vector<Layer> layers;
    for (const onnx::NodeProto& node : graph_.node()) {
      if (node.op_type() != "Constant") layers.push_back(describe(node));
    }
    return layers;
  }

 private:
  TensorType type_of(const std::string& name) const {
    const auto found = types_.find(name);
    return found == types_.end() ? TensorType{} : found->second;
  }

  /// Empty where it is not known.
  std::vector<std::int64_t> shape_of(const onnx::NodeProto& node, int input) const {
    if (input >= node.input_size()) return {};
    return type_of(node.input(input)).dimensions.value_or(std::vector<std::int64_t>{});
  }

  TensorInfo tensor(const std::string& name) const {
    const TensorType type = type_of(name);
    return {name, type.dimensions.value_or(std::vector<std::int64_t>{}),
            format_of(type.element, blocked_.contains(name))};
  }

  /// Elements of a constant input.
  std::optional<std::int64_t> constant_elements(const onnx::NodeProto& node, int input) const {
    if (input >= node.input_size() || !constants_.contains(node.input(input))) return std::nullopt;
    const TensorType type = type_of(node.input(input));
    if (!type.has_shape()) return std::nullopt;
    return models::element_count(*type.dimensions);
  }

  std::optional<double> bytes_of(const std::string& name) const {
    const TensorType type = type_of(name);
    const std::optional<std::size_t> size = models::element_size(type.element);
    if (!type.has_shape() || !size) return std::nullopt;
    double bytes = static_cast<double>(*size);
    for (const std::int64_t dimension : *type.dimensions) bytes *= static_cast<double>(dimension);
    return bytes;
  }

  std::optional<double> moved_bytes(const onnx::NodeProto& node) const {
    std::vector<std::string> names = models::consumed_tensors(node);
    for (int i = 0; i < node.output_size(); ++i) {
      // Further outputs that nobody describes (the mask of an old Dropout) are not written either.
      const std::string& output = node.output(i);
      if (!output.empty() && (i == 0 || bytes_of(output))) names.push_back(output);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    double total = 0.0;
    for (const std::string& name : names) {
      const std::optional<double> bytes = bytes_of(name);
      if (!bytes) return std::nullopt;
      total += *bytes;
    }
    return total;
  }

  static void set_window(Layer& layer, models::Window window) {
    layer.kernel = std::move(window.kernel);
    layer.pre_padding = std::move(window.pre_padding);
    layer.post_padding = std::move(window.post_padding);
    layer.stride = std::move(window.stride);
    layer.dilation = std::move(window.dilation);
  }

  void describe_convolution(const onnx::NodeProto& node, Layer& layer) const {
    const std::vector<std::int64_t> weights = shape_of(node, 1);
    const std::vector<std::int64_t> in = shape_of(node, 0);
    const auto after_two = [](const std::vector<std::int64_t>& shape) {
      return shape.size() < 2 ? std::vector<std::int64_t>{}
                              : std::vector<std::int64_t>(shape.begin() + 2, shape.end());
    };
    set_window(layer, models::window_of(node, after_two(weights), after_two(in)));
    layer.groups = models::attribute_or(node, "group", 1);
    if (node.op_type() == "ConvTranspose") {
      if (weights.size() > 1) layer.out_maps = weights[1] * *layer.groups;
    } else if (!weights.empty()) {
      layer.out_maps = weights[0];
    }
    layer.weight_count = constant_elements(node, 1);
    layer.bias_count = constant_elements(node, 2);
    layer.activation = fused_activation(node);
  }

  void describe_pooling(const onnx::NodeProto& node, Layer& layer) const {
    const std::vector<std::int64_t> in = shape_of(node, 0);
    std::vector<std::int64_t> image;
    if (in.size() > 2) image.assign(in.begin() + 2, in.end());
    // A global pool's window is the image.
    set_window(layer, models::window_of(node, image, image));
    if (node.op_type().ends_with("MaxPool")) layer.pooling_type = "MAX";
    if (node.op_type().ends_with("AveragePool")) layer.pooling_type = "AVERAGE";
  }

  void describe_product(const onnx::NodeProto& node, Layer& layer) const {
    layer.weight_count = constant_elements(node, 1);
    if (node.op_type().ends_with("Gemm")) layer.bias_count = constant_elements(node, 2);
    // A product with weights is what others call a fully connected or dense layer.
    if (layer.weight_count) layer.parameter_type = "FullyConnected";
    const std::vector<std::int64_t> out =
        type_of(node.output(0)).dimensions.value_or(std::vector<std::int64_t>{});
    if (!out.empty() && out.back() >= 0) layer.out_maps = out.back();
    layer.activation = fused_activation(node);
  }

  static std::string fused_activation(const onnx::NodeProto& node) {
    const std::string activation = models::attribute_text(node, "activation");
    return activation.empty() ? "NONE" : upper(activation);
  }

  void describe_other(const onnx::NodeProto& node, Layer& layer) const {
    std::int64_t weights = 0;
    for (int i = 0; i < node.input_size(); ++i) {
      if (!models::is_float(type_of(node.input(i)).element)) continue;
      weights += constant_elements(node, i).value_or(0);
    }
    if (weights > 0) layer.weight_count = weights;
    if (node.op_type() == "HardSigmoid" || layer.parameter_type == "Activation") {
      layer.activation = upper(node.op_type());
    }
  }

  Layer describe(const onnx::NodeProto& node) const {
    Layer layer;
    layer.name = node.name();
    layer.type = node.op_type();
    layer.parameter_type = models::parameter_type(node.op_type());
    for (const std::string& name : models::consumed_tensors(node)) {
      if (!constants_.contains(name)) layer.inputs.push_back(tensor(name));
    }
    for (const std::string& name : node.output()) {
      if (!name.empty()) layer.outputs.push_back(tensor(name));
    }
    if (layer.parameter_type == "Convolution" || layer.parameter_type == "Deconvolution") {
      describe_convolution(node, layer);
    } else if (layer.parameter_type == "Pooling") {
      describe_pooling(node, layer);
    } else if (models::counts_multiply_adds(layer.parameter_type) && node.output_size() > 0) {
      describe_product(node, layer);
    } else {
      describe_other(node, layer);
    }
    layer.flops = models::count_flops(node, types_);
    layer.bytes = moved_bytes(node);
    return layer;
  }

  const onnx::GraphProto& graph_;
  TensorTypes types_;
  std::unordered_set<std::string> constants_;
  /// Tensors in the channel-blocked layout of ONNX Runtime.
  std::unordered_set<std::string> blocked_;
};

}  // namespace

std::vector<Layer> describe_layers(const OnnxModel& model, const TensorShapes* known) {
  return Describer(model.proto().model, known).describe();
}

std::optional<double> count_multiply_adds(const std::vector<Layer>& layers) {
  double total = 0.0;
  for (const Layer& layer : layers) {
    if (!models::counts_multiply_adds(layer.parameter_type)) continue;
    if (!layer.flops) return std::nullopt;
    total += *layer.flops / 2.0;
  }
  return total;
}

}  // namespace layerwatt
