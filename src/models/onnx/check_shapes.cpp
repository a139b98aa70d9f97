#include "models/onnx/check_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "models/onnx/runtime_operators.h"
#include "models/onnx/tensor_data.h"

namespace layerwatt::models {
namespace {

using Shape = std::vector<std::int64_t>;

Error misfit(const onnx::NodeProto& node, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("the node '{}' ({}) cannot work with this "
                                                        "input shape: {}",
                                                        node.name(), node.op_type(), why));
}

/// The shape of an input; nullptr where it is not known whole.
const Shape* input_shape(const onnx::NodeProto& node, int index, const TensorTypes& types) {
  if (index >= node.input_size()) return nullptr;
  const auto found = types.find(node.input(index));
  if (found == types.end() || !found->second.has_shape()) return nullptr;
  return &*found->second.dimensions;
}

bool slides_a_window(const onnx::NodeProto& node) {
  return node.op_type() == "Conv" || node.op_type().ends_with("Pool");
}

bool is_empty(const Shape& shape) {
  return std::ranges::any_of(shape, [](std::int64_t dimension) { return dimension == 0; });
}

Result<void> check_convolution(const onnx::NodeProto& node, const Shape& in, const Shape& weights) {
  const std::int64_t groups = attribute_or(node, "group", 1);
  if (in.size() < 2 || weights.size() != in.size()) {
    return misfit(node, fmt::format("its input is {} and its weights are {}", fmt::join(in, "×"),
                                    fmt::join(weights, "×")));
  }
  if (in[1] != weights[1] * groups) {
    return misfit(node, fmt::format("it gets {} channels and its weights are for {}", in[1],
                                    weights[1] * groups));
  }
  return {};
}

Result<void> check_product(const onnx::NodeProto& node, const Shape& left, const Shape& right) {
  if (left.size() < 2 || right.size() < 2) return {};
  const bool gemm = node.op_type() == "Gemm";
  const bool swap_left = gemm && attribute_or(node, "transA", 0) != 0;
  const bool swap_right = gemm && attribute_or(node, "transB", 0) != 0;
  const std::int64_t inner_left = left[left.size() - (swap_left ? 2 : 1)];
  const std::int64_t inner_right = right[right.size() - (swap_right ? 1 : 2)];
  if (inner_left == inner_right) return {};
  return misfit(
      node, fmt::format("it gets {} features and its weights are for {}", inner_left, inner_right));
}

}  // namespace

Result<void> check_shapes(const onnx::ModelProto& model, const TensorTypes& types) {
  for (const onnx::NodeProto& original : model.graph().node()) {
    const onnx::NodeProto node = standard_form(original);
    const Shape* in = input_shape(node, 0, types);
    const Shape* second = input_shape(node, 1, types);
    Result<void> fits;
    if (node.op_type() == "Conv" && in != nullptr && second != nullptr) {
      fits = check_convolution(node, *in, *second);
    } else if ((node.op_type() == "Gemm" || node.op_type() == "MatMul") && in != nullptr &&
               second != nullptr) {
      fits = check_product(node, *in, *second);
    }
    if (!fits) return fits;
    for (const std::string& output : node.output()) {
      const auto found = types.find(output);
      if (found == types.end() || !found->second.dimensions) continue;
      // An empty tensor is nothing wrong by itself (a Constant of shape [0] stands for "no region
      // of interest"); a window that finds no place in what it slides over is.
      if (slides_a_window(node) && in != nullptr && !is_empty(*in) &&
          is_empty(*found->second.dimensions)) {
        return misfit(node, "nothing is left of the image; use a larger one");
      }
      if (node.op_type() == "Reshape" && in != nullptr && found->second.has_shape() &&
          element_count(*in) != element_count(*found->second.dimensions)) {
        return misfit(node,
                      fmt::format("it gets {} and wants to make {} of it", fmt::join(*in, "×"),
                                  fmt::join(*found->second.dimensions, "×")));
      }
    }
  }
  return {};
}

}  // namespace layerwatt::models
