#include "models/onnx/runtime_operators.h"

#include <algorithm>
#include <array>

namespace layerwatt::models {
namespace {

struct Alias {
  std::string_view domain;
  std::string_view type;
  std::string_view standard;
  /// Inputs that the ONNX operator has; 0: all.
  int inputs;
};

// ONNX Runtime, docs/ContribOperators.md; the blocked ones are internal (core/graph/contrib_ops/
// nhwc_schema_defs.cc, nchwc_schema_defs.cc) and speak of logical NCHW dimensions.
constexpr std::array kAliases = {
    Alias{kMicrosoft, "FusedConv", "Conv", 3},
    Alias{kMicrosoft, "FusedGemm", "Gemm", 3},
    Alias{kMicrosoft, "Gelu", "Identity", 1},
    Alias{kMicrosoft, "FastGelu", "Identity", 1},
    Alias{kMicrosoft, "BiasGelu", "Identity", 1},
    Alias{kMicrosoft, "QuickGelu", "Identity", 1},
    Alias{kMicrosoftBlocked, "Conv", "Conv", 3},
    Alias{kMicrosoftBlocked, "MaxPool", "MaxPool", 0},
    Alias{kMicrosoftBlocked, "AveragePool", "AveragePool", 0},
    Alias{kMicrosoftBlocked, "GlobalMaxPool", "GlobalMaxPool", 0},
    Alias{kMicrosoftBlocked, "GlobalAveragePool", "GlobalAveragePool", 0},
};

/// Whether a FusedMatMul swaps its two innermost dimensions.
std::vector<std::int64_t> matrix_of(std::vector<std::int64_t> dimensions, bool transposed) {
  const std::size_t rank = dimensions.size();
  if (transposed) std::swap(dimensions[rank - 1], dimensions[rank - 2]);
  return dimensions;
}

std::optional<std::vector<std::int64_t>> fused_product(const onnx::NodeProto& node,
                                                       const TensorType& left,
                                                       const TensorType& right) {
  if (!left.dimensions || !right.dimensions || left.dimensions->size() < 2 ||
      right.dimensions->size() < 2) {
    return std::nullopt;
  }
  const auto a = matrix_of(*left.dimensions, attribute_or(node, "transA", 0) != 0);
  const auto b = matrix_of(*right.dimensions, attribute_or(node, "transB", 0) != 0);
  std::vector<std::int64_t> product = a.size() >= b.size() ? a : b;
  product[product.size() - 2] = a[a.size() - 2];
  product[product.size() - 1] = b[b.size() - 1];
  return product;
}

}  // namespace

onnx::NodeProto standard_form(const onnx::NodeProto& node) {
  onnx::NodeProto standard = node;
  if (is_default_domain(node.domain())) return standard;
  const auto alias = std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& row) {
    return row.domain == node.domain() && row.type == node.op_type();
  });
  if (alias == kAliases.end()) return standard;
  standard.clear_domain();
  standard.set_op_type(std::string(alias->standard));
  while (alias->inputs > 0 && standard.input_size() > alias->inputs) {
    standard.mutable_input()->RemoveLast();
  }
  return standard;
}

void infer_runtime_operator(const onnx::NodeProto& node, TensorTypes& types) {
  if (node.domain() != kMicrosoft && node.domain() != kMicrosoftBlocked) return;
  if (node.input_size() == 0 || node.output_size() == 0) return;
  const auto input = types.find(node.input(0));
  if (input == types.end()) return;
  const TensorType first = input->second;
  TensorType& output = types[node.output(0)];
  const std::string& type = node.op_type();
  const bool same_type = node.domain() == kMicrosoftBlocked || type.starts_with("Fused") ||
                         type.ends_with("Gelu") || type.ends_with("LayerNormalization");
  if (same_type && output.element == onnx::TensorProto::UNDEFINED) output.element = first.element;
  if (output.dimensions) return;
  if (type == "FusedMatMul" && node.input_size() > 1) {
    if (const auto right = types.find(node.input(1)); right != types.end()) {
      output.dimensions = fused_product(node, first, right->second);
    }
  } else if ((type == "ReorderInput" || type == "ReorderOutput") && first.dimensions &&
             first.dimensions->size() == 4) {
    std::vector<std::int64_t> dimensions = *first.dimensions;
    const bool channels_last = attribute_or(node, "channels_last", 0) != 0;
    if (type == "ReorderOutput") {
      dimensions[1] = attribute_or(node, "channels", dimensions[1]);
      if (channels_last)
        std::rotate(dimensions.begin() + 1, dimensions.begin() + 2, dimensions.end());
    } else if (channels_last) {
      std::rotate(dimensions.begin() + 1, dimensions.end() - 1, dimensions.end());
    }
    output.dimensions = std::move(dimensions);
  }
}

}  // namespace layerwatt::models
