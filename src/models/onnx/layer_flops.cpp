#include "models/onnx/layer_flops.h"

#include <algorithm>
#include <array>

#include "models/onnx/tensor_data.h"

namespace layerwatt::models {
namespace {

/// What a node's operations grow with.
enum class Work {
  kConvolution,
  kTransposedConvolution,
  kProduct,
  kWindow,         ///< each output looks at a window of inputs
  kInput,          ///< `factor` for each element of the first input
  kOutput,         ///< `factor` for each element of the first output
  kOutputOperand,  ///< one for each element of the output and each operand after the first
  kNeighbours,     ///< local response normalisation: a sum of squares over `size` channels
  kNone,           ///< moves data, or nothing at all
};

struct Operator {
  std::string_view type;
  std::string_view parameter_type;
  Work work;
  double factor = 1.0;
};

constexpr std::string_view kActivation = "Activation";
constexpr std::string_view kElementWise = "ElementWise";
constexpr std::string_view kNormalization = "Normalization";
constexpr std::string_view kPooling = "Pooling";
constexpr std::string_view kReduce = "Reduce";
constexpr std::string_view kShuffle = "Shuffle";
constexpr std::string_view kUnary = "Unary";

constexpr std::array kOperators = {
    Operator{"Conv", "Convolution", Work::kConvolution},
    Operator{"FusedConv", "Convolution", Work::kConvolution},
    Operator{"ConvTranspose", "Deconvolution", Work::kTransposedConvolution},
    Operator{"Gemm", "FullyConnected", Work::kProduct},
    Operator{"FusedGemm", "FullyConnected", Work::kProduct},
    Operator{"MatMul", "MatrixMultiply", Work::kProduct},
    Operator{"FusedMatMul", "MatrixMultiply", Work::kProduct},
    Operator{"MaxPool", kPooling, Work::kWindow},
    Operator{"AveragePool", kPooling, Work::kWindow},
    Operator{"LpPool", kPooling, Work::kWindow, 2},
    Operator{"GlobalMaxPool", kPooling, Work::kInput},
    Operator{"GlobalAveragePool", kPooling, Work::kInput},
    Operator{"Relu", kActivation, Work::kOutput},
    Operator{"LeakyRelu", kActivation, Work::kOutput, 2},
    Operator{"PRelu", kActivation, Work::kOutput, 2},
    Operator{"Clip", kActivation, Work::kOutput, 2},
    Operator{"Sigmoid", kActivation, Work::kOutput, 3},
    Operator{"Tanh", kActivation, Work::kOutput, 4},
    Operator{"HardSigmoid", kActivation, Work::kOutput, 4},
    Operator{"HardSwish", kActivation, Work::kOutput, 5},
    Operator{"Elu", kActivation, Work::kOutput, 3},
    Operator{"Selu", kActivation, Work::kOutput, 4},
    Operator{"Celu", kActivation, Work::kOutput, 4},
    Operator{"Softplus", kActivation, Work::kOutput, 3},
    Operator{"Softsign", kActivation, Work::kOutput, 3},
    Operator{"ThresholdedRelu", kActivation, Work::kOutput},
    Operator{"Gelu", kActivation, Work::kOutput, 5},
    Operator{"BiasGelu", kActivation, Work::kOutput, 6},
    Operator{"FastGelu", kActivation, Work::kOutput, 9},
    Operator{"QuickGelu", kActivation, Work::kOutput, 5},
    Operator{"Softmax", "SoftMax", Work::kOutput, 5},
    Operator{"LogSoftmax", "SoftMax", Work::kOutput, 6},
    Operator{"BatchNormalization", "Scale", Work::kOutput, 2},
    Operator{"InstanceNormalization", kNormalization, Work::kOutput, 7},
    Operator{"LayerNormalization", kNormalization, Work::kOutput, 7},
    Operator{"SimplifiedLayerNormalization", kNormalization, Work::kOutput, 4},
    Operator{"SkipLayerNormalization", kNormalization, Work::kOutput, 8},
    Operator{"GroupNormalization", kNormalization, Work::kOutput, 7},
    Operator{"LpNormalization", kNormalization, Work::kOutput, 3},
    Operator{"LRN", "LRN", Work::kNeighbours},
    Operator{"Add", kElementWise, Work::kOutputOperand},
    Operator{"Sub", kElementWise, Work::kOutputOperand},
    Operator{"Mul", kElementWise, Work::kOutputOperand},
    Operator{"Div", kElementWise, Work::kOutputOperand},
    Operator{"Pow", kElementWise, Work::kOutputOperand},
    Operator{"Mod", kElementWise, Work::kOutputOperand},
    Operator{"Sum", kElementWise, Work::kOutputOperand},
    Operator{"Min", kElementWise, Work::kOutputOperand},
    Operator{"Max", kElementWise, Work::kOutputOperand},
    Operator{"And", kElementWise, Work::kOutputOperand},
    Operator{"Or", kElementWise, Work::kOutputOperand},
    Operator{"Equal", kElementWise, Work::kOutputOperand},
    Operator{"Less", kElementWise, Work::kOutputOperand},
    Operator{"Greater", kElementWise, Work::kOutputOperand},
    Operator{"Where", "Select", Work::kOutput},
    Operator{"Abs", kUnary, Work::kOutput},
    Operator{"Neg", kUnary, Work::kOutput},
    Operator{"Sqrt", kUnary, Work::kOutput},
    Operator{"Exp", kUnary, Work::kOutput},
    Operator{"Log", kUnary, Work::kOutput},
    Operator{"Erf", kUnary, Work::kOutput},
    Operator{"Sin", kUnary, Work::kOutput},
    Operator{"Cos", kUnary, Work::kOutput},
    Operator{"Floor", kUnary, Work::kOutput},
    Operator{"Ceil", kUnary, Work::kOutput},
    Operator{"Round", kUnary, Work::kOutput},
    Operator{"Not", kUnary, Work::kOutput},
    Operator{"Reciprocal", kUnary, Work::kOutput},
    Operator{"ReduceMean", kReduce, Work::kInput},
    Operator{"ReduceSum", kReduce, Work::kInput},
    Operator{"ReduceMax", kReduce, Work::kInput},
    Operator{"ReduceMin", kReduce, Work::kInput},
    Operator{"ReduceProd", kReduce, Work::kInput},
    Operator{"ReduceL2", kReduce, Work::kInput, 2},
    Operator{"ReduceSumSquare", kReduce, Work::kInput, 2},
    Operator{"ArgMax", "TopK", Work::kInput},
    Operator{"ArgMin", "TopK", Work::kInput},
    Operator{"Concat", "Concatenation", Work::kNone},
    Operator{"Reshape", kShuffle, Work::kNone},
    Operator{"Transpose", kShuffle, Work::kNone},
    Operator{"Flatten", kShuffle, Work::kNone},
    Operator{"Squeeze", kShuffle, Work::kNone},
    Operator{"Unsqueeze", kShuffle, Work::kNone},
    Operator{"DepthToSpace", kShuffle, Work::kNone},
    Operator{"SpaceToDepth", kShuffle, Work::kNone},
    Operator{"Split", "Slice", Work::kNone},
    Operator{"Slice", "Slice", Work::kNone},
    Operator{"Gather", "Gather", Work::kNone},
    Operator{"Pad", "Padding", Work::kNone},
    Operator{"Expand", "Slice", Work::kNone},
    Operator{"Tile", "Slice", Work::kNone},
    Operator{"Shape", "Shape", Work::kNone},
    Operator{"ConstantOfShape", "Fill", Work::kNone},
    Operator{"Cast", "Cast", Work::kNone},
    Operator{"Identity", "Identity", Work::kNone},
    Operator{"Dropout", "Identity", Work::kNone},
    Operator{"ReorderInput", "Reformat", Work::kNone},
    Operator{"ReorderOutput", "Reformat", Work::kNone},
};

const Operator* find_operator(std::string_view type) {
  const auto* found = std::find_if(kOperators.begin(), kOperators.end(),
                                   [&](const Operator& row) { return row.type == type; });
  return found == kOperators.end() ? nullptr : found;
}

using Shape = std::vector<std::int64_t>;

const Shape* shape_of(const std::string& name, const TensorTypes& types) {
  const auto found = types.find(name);
  return found == types.end() || !found->second.has_shape() ? nullptr : &*found->second.dimensions;
}

const Shape* input_shape(const onnx::NodeProto& node, int index, const TensorTypes& types) {
  return index < node.input_size() ? shape_of(node.input(index), types) : nullptr;
}

/// In floating point, which cannot overflow. 1 for a scalar.
double elements(const Shape& shape, std::size_t from = 0) {
  double count = 1.0;
  for (std::size_t i = from; i < shape.size(); ++i) count *= static_cast<double>(shape[i]);
  return count;
}

/// Nodes that work on images two ways: bilinear takes eight operations an element, nearest none.
std::optional<double> resize_flops(const onnx::NodeProto& node, const Shape& out) {
  const std::string mode = attribute_text(node, "mode");
  if (mode.empty() || mode == "nearest") return 0.0;
  if (mode == "linear") return 8.0 * elements(out);
  return 40.0 * elements(out);  // cubic: a window of 4 × 4 and its weights
}

/// Length of the dimension that a matrix product sums over.
std::optional<double> inner_length(const onnx::NodeProto& node, const Shape& left) {
  if (left.empty()) return std::nullopt;
  const bool swapped = attribute_or(node, "transA", 0) != 0;
  const std::size_t index = swapped && left.size() > 1 ? left.size() - 2 : left.size() - 1;
  return static_cast<double>(left[index]);
}

}  // namespace

std::string_view parameter_type(std::string_view operator_type) {
  if (operator_type == "Resize" || operator_type == "Upsample") return "Resize";
  const Operator* row = find_operator(operator_type);
  return row == nullptr ? operator_type : row->parameter_type;
}

bool counts_multiply_adds(std::string_view parameter_type) {
  return parameter_type == "Convolution" || parameter_type == "Deconvolution" ||
         parameter_type == "FullyConnected" || parameter_type == "MatrixMultiply";
}

std::optional<double> count_flops(const onnx::NodeProto& node, const TensorTypes& types) {
  if (node.output_size() == 0) return std::nullopt;
  const Shape* out = shape_of(node.output(0), types);
  if (out != nullptr && (node.op_type() == "Resize" || node.op_type() == "Upsample")) {
    return resize_flops(node, *out);
  }
  const Operator* row = find_operator(node.op_type());
  if (row == nullptr) return std::nullopt;
  const Shape* in = input_shape(node, 0, types);
  const Shape* second = input_shape(node, 1, types);
  switch (row->work) {
    case Work::kNone:
      return 0.0;
    case Work::kConvolution:
      // The weights hold the channels of one group alone.
      if (out == nullptr || second == nullptr || second->empty()) return std::nullopt;
      return 2.0 * elements(*out) * elements(*second, 1);
    case Work::kTransposedConvolution:
      if (in == nullptr || second == nullptr || second->empty()) return std::nullopt;
      return 2.0 * elements(*in) * elements(*second, 1);
    case Work::kProduct: {
      if (in == nullptr || out == nullptr) return std::nullopt;
      const std::optional<double> length = inner_length(node, *in);
      if (!length) return std::nullopt;
      return 2.0 * elements(*out) * *length;
    }
    case Work::kWindow:
      if (out == nullptr) return std::nullopt;
      return row->factor * elements(*out) * elements(attribute_ints(node, "kernel_shape"));
    case Work::kInput:
      if (in == nullptr) return std::nullopt;
      return row->factor * elements(*in);
    case Work::kOutput:
      if (out == nullptr) return std::nullopt;
      return row->factor * elements(*out);
    case Work::kOutputOperand:
      if (out == nullptr) return std::nullopt;
      return elements(*out) * std::max(1, node.input_size() - 1);
    case Work::kNeighbours:
      // Square and add `size` neighbours; scale, add, raise to a power, divide.
      if (out == nullptr) return std::nullopt;
      return elements(*out) * (2.0 * static_cast<double>(attribute_or(node, "size", 1)) + 4.0);
  }
  return std::nullopt;
}

}  // namespace layerwatt::models
