#pragma once

#include <cstdint>
#include <vector>

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// How a convolution or pooling node moves over the image, defaults filled in.
struct Window {
  std::vector<std::int64_t> kernel;
  std::vector<std::int64_t> pre_padding;
  std::vector<std::int64_t> post_padding;
  std::vector<std::int64_t> stride;
  std::vector<std::int64_t> dilation;
};

/// `kernel`: of the weights, where the node itself does not say; `image`: the input's dimensions
/// after batch and channels, for padding by rule (auto_pad); either may be empty where unknown.
Window window_of(const onnx::NodeProto& node, std::vector<std::int64_t> kernel,
                 const std::vector<std::int64_t>& image);

}  // namespace layerwatt::models
