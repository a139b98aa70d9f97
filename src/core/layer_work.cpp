#include "layerwatt/core/layer_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace layerwatt {
namespace {

struct KindWord {
  std::string_view word;
  WorkKind kind;
};

constexpr std::array kKindWords = {
    KindWord{"convolution", WorkKind::kConvolution}, KindWord{"pooling", WorkKind::kPooling},
    KindWord{"elementwise", WorkKind::kElementwise}, KindWord{"other", WorkKind::kOther},
    KindWord{"nothing", WorkKind::kNothing},
};

// Parts of the names that TensorRT ("CaskGemmConvolution", "PointWiseV2", "Reformat"), ONNX and
// ONNX Runtime give to types; the first that fits counts.
constexpr std::array kTypeWords = {
    KindWord{"NoOp", WorkKind::kNothing},
    KindWord{"Constant", WorkKind::kNothing},
    KindWord{"Identity", WorkKind::kNothing},
    KindWord{"Flatten", WorkKind::kNothing},
    KindWord{"Reshape", WorkKind::kNothing},
    KindWord{"Squeeze", WorkKind::kNothing},
    KindWord{"Dropout", WorkKind::kNothing},
    KindWord{"Deconv", WorkKind::kOther},
    KindWord{"ConvTranspose", WorkKind::kOther},
    KindWord{"Conv", WorkKind::kConvolution},
    KindWord{"Gemm", WorkKind::kConvolution},
    KindWord{"MatMul", WorkKind::kConvolution},
    KindWord{"MatrixMultiply", WorkKind::kConvolution},
    KindWord{"FullyConnected", WorkKind::kConvolution},
    KindWord{"Pool", WorkKind::kPooling},
    KindWord{"PointWise", WorkKind::kElementwise},
    KindWord{"ElementWise", WorkKind::kElementwise},
    KindWord{"Activation", WorkKind::kElementwise},
    KindWord{"Reformat", WorkKind::kElementwise},
    KindWord{"Reorder", WorkKind::kElementwise},
    KindWord{"Shuffle", WorkKind::kElementwise},
    KindWord{"Scale", WorkKind::kElementwise},
    KindWord{"Unary", WorkKind::kElementwise},
    KindWord{"Slice", WorkKind::kElementwise},
    KindWord{"Concat", WorkKind::kElementwise},
    KindWord{"Cast", WorkKind::kElementwise},
    KindWord{"Transpose", WorkKind::kElementwise},
    KindWord{"BatchNormalization", WorkKind::kElementwise},
};

// Operators whose whole name counts ("Add" is also a part of others).
constexpr std::array<std::string_view, 16> kElementwiseOperators = {
    "Add",       "Sub",         "Mul",       "Div", "Relu", "Clip",  "Sigmoid", "Tanh",
    "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Pad",  "Split", "Erf",     "Gelu"};

std::optional<WorkKind> kind_of_word(std::string_view type) {
  if (std::ranges::find(kElementwiseOperators, type) != kElementwiseOperators.end()) {
    return WorkKind::kElementwise;
  }
  const auto found = std::ranges::find_if(kTypeWords, [&](const KindWord& row) {
    return type.find(row.word) != std::string_view::npos;
  });
  if (found == kTypeWords.end()) return std::nullopt;
  return found->kind;
}

WorkKind kind_of(const Layer& layer) {
  // The engine's own word first: TensorRT calls a NoOp nothing in "ParameterType".
  if (const auto kind = kind_of_word(layer.type)) return *kind;
  return kind_of_word(layer.parameter_type).value_or(WorkKind::kOther);
}

std::string precision_of(const Layer& layer) {
  // Of the outputs first: an integer input of a cast says little.
  for (const auto* tensors : {&layer.outputs, &layer.inputs}) {
    for (const TensorInfo& tensor : *tensors) {
      const std::string& format = tensor.format;
      const auto has = [&](std::string_view word) {
        return format.find(word) != std::string::npos;
      };
      if (has("BF16")) return "bfloat16";
      if (has("FP16") || has("Half")) return "float16";
      if (has("FP32") || has("Float")) return "float32";
      if (has("Int8") || has("INT8")) return "int8";
      if (has("FP8")) return "float8";
    }
  }
  return {};
}

/// Elements of a tensor; nullopt where a dimension is open.
std::optional<double> elements(const TensorInfo& tensor) {
  double count = 1.0;
  for (const std::int64_t dimension : tensor.dimensions) {
    if (dimension < 0) return std::nullopt;
    count *= static_cast<double>(dimension);
  }
  return count;
}

Result<double> total_elements(const Layer& layer, const std::vector<TensorInfo>& tensors) {
  double total = 0.0;
  for (const TensorInfo& tensor : tensors) {
    const auto count = elements(tensor);
    if (!count) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("layer '{}': a dimension of tensor '{}' is open; give the input's "
                               "shape",
                               layer.name, tensor.name));
    }
    total += *count;
  }
  return total;
}

/// Channels, height, width of an image; of a matrix its columns, with all rows in the batch.
void set_shape(const std::vector<std::int64_t>& dimensions, std::int64_t& batch,
               std::array<std::int64_t, 3>& shape) {
  shape = {1, 1, 1};
  batch = 1;
  const std::size_t rank = dimensions.size();
  if (rank >= 4) {
    batch = dimensions[0];
    shape = {dimensions[1], dimensions[2], dimensions[3]};
    for (std::size_t i = 4; i < rank; ++i) shape[2] *= dimensions[i];
  } else if (rank > 0) {
    shape[0] = dimensions.back();
    for (std::size_t i = 0; i + 1 < rank; ++i) batch *= dimensions[i];
  }
}

void set_pair(const std::vector<std::int64_t>& values, std::array<std::int64_t, 2>& pair) {
  if (values.empty()) return;
  pair = {values[0], values.size() > 1 ? values[1] : values[0]};
}

void set_window(const Layer& layer, LayerWork& work) {
  set_pair(layer.kernel, work.kernel);
  set_pair(layer.stride, work.stride);
  set_pair(layer.dilation, work.dilation);
  std::array<std::int64_t, 2> before{0, 0};
  std::array<std::int64_t, 2> after{0, 0};
  set_pair(layer.pre_padding, before);
  set_pair(layer.post_padding, after);
  work.padding = {before[0] + after[0], before[1] + after[1]};
}

Error open_shape(const Layer& layer) {
  return {ErrorCode::kUnsupported,
          fmt::format("layer '{}' has no shapes of its {}: the engine was built without detailed "
                      "layer information, or a shape of the graph is open",
                      layer.name, layer.inputs.empty() ? "inputs" : "outputs")};
}

}  // namespace

std::string_view to_string(WorkKind kind) {
  return std::ranges::find(kKindWords, kind, &KindWord::kind)->word;
}

std::optional<WorkKind> parse_work_kind(std::string_view text) {
  const auto found = std::ranges::find(kKindWords, text, &KindWord::word);
  if (found == kKindWords.end()) return std::nullopt;
  return found->kind;
}

double element_bytes(std::string_view precision) {
  if (precision == "float16" || precision == "bfloat16") return 2.0;
  if (precision == "int8" || precision == "float8") return 1.0;
  return 4.0;
}

void count_work(LayerWork& work, double element_bytes) {
  const auto product = [](const auto& shape) {
    double count = 1.0;
    for (const std::int64_t extent : shape) count *= static_cast<double>(extent);
    return count;
  };
  const auto batch = static_cast<double>(work.batch);
  const double outputs = batch * product(work.output);
  work.input_bytes = batch * product(work.input) * element_bytes;
  work.output_bytes = outputs * element_bytes;
  work.weight_bytes = 0.0;
  work.flops = 0.0;
  if (work.kind == WorkKind::kConvolution) {
    const double taps = static_cast<double>(work.input[0]) / static_cast<double>(work.groups) *
                        product(work.kernel);
    work.flops = 2.0 * outputs * taps;
    work.weight_bytes = static_cast<double>(work.output[0]) * taps * element_bytes;
  } else if (work.kind == WorkKind::kPooling) {
    work.flops = outputs * product(work.kernel);
  }
}

Result<LayerWork> layer_work(const Layer& layer) {
  LayerWork work;
  work.kind = kind_of(layer);
  work.precision = precision_of(layer);
  if (work.kind == WorkKind::kNothing) return work;
  if (layer.inputs.empty() || layer.outputs.empty()) return open_shape(layer);
  if (layer.inputs[0].dimensions.empty() || layer.outputs[0].dimensions.empty()) {
    return open_shape(layer);
  }
  auto read = total_elements(layer, layer.inputs);
  if (!read) return std::move(read).error();
  auto written = total_elements(layer, layer.outputs);
  if (!written) return std::move(written).error();
  std::int64_t rows = 1;
  set_shape(layer.inputs[0].dimensions, work.batch, work.input);
  set_shape(layer.outputs[0].dimensions, rows, work.output);
  set_window(layer, work);
  work.groups = std::max<std::int64_t>(1, layer.groups.value_or(1));
  work.activation = !layer.activation.empty() && layer.activation != "NONE";
  const double size = element_bytes(work.precision);
  if (work.kind == WorkKind::kConvolution) {
    work.residual = layer.inputs.size() > 1;
    // A product of matrices: as many rows as its result has.
    if (layer.outputs[0].dimensions.size() < 4) work.batch = rows;
    if (layer.out_maps && *layer.out_maps > 0) work.output[0] = *layer.out_maps;
    count_work(work, size);
  } else if (work.kind == WorkKind::kPooling) {
    // TensorRT's reductions and global pools name no window: it is the image.
    if (layer.kernel.empty()) work.kernel = {work.input[1], work.input[2]};
    count_work(work, size);
  } else {
    work.flops = layer.flops.value_or(*written);
    const auto weights = static_cast<double>(layer.weight_count.value_or(0));
    work.weight_bytes = weights * size;
  }
  work.input_bytes = *read * size;
  work.output_bytes = *written * size;
  return work;
}

}  // namespace layerwatt
