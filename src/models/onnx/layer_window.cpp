#include "models/onnx/layer_window.h"

#include <algorithm>

namespace layerwatt::models {
namespace {

/// auto_pad SAME: as much padding as makes the output ⌈image / stride⌉.
void pad_by_rule(Window& window, const std::vector<std::int64_t>& image, bool more_in_front) {
  for (std::size_t i = 0; i < window.kernel.size() && i < image.size(); ++i) {
    const std::int64_t stride = std::max<std::int64_t>(1, window.stride[i]);
    const std::int64_t out = (image[i] + stride - 1) / stride;
    const std::int64_t extent = window.dilation[i] * (window.kernel[i] - 1) + 1;
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * stride + extent - image[i]);
    window.pre_padding[i] = more_in_front ? (total + 1) / 2 : total / 2;
    window.post_padding[i] = total - window.pre_padding[i];
  }
}

/// The values if there are as many as `rank`, else `rank` times `fallback`.
std::vector<std::int64_t> sized(std::vector<std::int64_t> values, std::size_t rank,
                                std::int64_t fallback) {
  if (values.size() != rank) values.assign(rank, fallback);
  return values;
}

}  // namespace

Window window_of(const onnx::NodeProto& node, std::vector<std::int64_t> kernel,
                 const std::vector<std::int64_t>& image) {
  Window window;
  window.kernel = attribute_ints(node, "kernel_shape");
  if (window.kernel.empty()) window.kernel = std::move(kernel);
  const std::size_t rank = window.kernel.size();
  window.stride = sized(attribute_ints(node, "strides"), rank, 1);
  window.dilation = sized(attribute_ints(node, "dilations"), rank, 1);
  const std::vector<std::int64_t> pads = sized(attribute_ints(node, "pads"), 2 * rank, 0);
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  window.pre_padding.assign(pads.begin(), middle);
  window.post_padding.assign(middle, pads.end());
  const std::string rule = attribute_text(node, "auto_pad");
  const bool known = std::all_of(image.begin(), image.end(), [](auto d) { return d > 0; }) &&
                     image.size() == rank && node.op_type() != "ConvTranspose";
  if (known && (rule == "SAME_UPPER" || rule == "SAME_LOWER")) {
    pad_by_rule(window, image, rule == "SAME_LOWER");
  }
  return window;
}

}  // namespace layerwatt::models
