#include "analysis/training/published_features.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace layerwatt::analysis {
namespace {

using Sizes = std::vector<std::int64_t>;

Error unusable(const Layer& layer, std::string_view what) {
  return {ErrorCode::kUnsupported, fmt::format("layer '{}' {}", layer.name, what)};
}

Result<const Sizes*> dimensions_of(const Layer& layer, const std::vector<TensorInfo>& tensors,
                                   std::string_view which) {
  if (tensors.empty()) return unusable(layer, fmt::format("has no {}", which));
  const Sizes& dimensions = tensors.front().dimensions;
  if (dimensions.size() != 4) {
    return unusable(layer, fmt::format("has an {} of dimensions [{}]; the published tables take "
                                       "four: batch, channels, height, width",
                                       which, fmt::join(dimensions, ", ")));
  }
  return &dimensions;
}

Result<void> check_pair(const Layer& layer, const Sizes& pair, std::string_view key) {
  if (pair.size() == 2) return {};
  return unusable(layer, pair.empty() ? fmt::format("has no '{}'", key)
                                      : fmt::format("has [{}] as its '{}'; two numbers are taken",
                                                    fmt::join(pair, ", "), key));
}

std::int64_t product(const Sizes& dimensions) {
  std::int64_t result = 1;
  for (const std::int64_t extent : dimensions) result *= extent;
  return result;
}

Result<Sizes> windowed(const Layer& layer, TrainingTableKind kind, const Sizes& in,
                       const Sizes& out) {
  if (auto ok = check_pair(layer, layer.stride, "Stride"); !ok) return std::move(ok).error();
  Sizes features{in[0], in[1], in[2], in[3], out[1], out[2], out[3]};
  if (kind == TrainingTableKind::kPooling) {
    features.insert(features.end(), {in[2], in[3]});
  } else {
    if (auto ok = check_pair(layer, layer.kernel, "Kernel"); !ok) return std::move(ok).error();
    if (auto ok = check_pair(layer, layer.pre_padding, "PrePadding"); !ok) {
      return std::move(ok).error();
    }
    if (auto ok = check_pair(layer, layer.post_padding, "PostPadding"); !ok) {
      return std::move(ok).error();
    }
    features.insert(features.end(),
                    {layer.kernel[0], layer.kernel[1], layer.pre_padding[0] + layer.post_padding[0],
                     layer.pre_padding[1] + layer.post_padding[1]});
  }
  features.insert(features.end(), {layer.stride[0], layer.stride[1]});
  return features;
}

}  // namespace

std::optional<TrainingTableKind> published_table_of(std::string_view layer_type) {
  if (layer_type == "CaskConvolution") return TrainingTableKind::kConvolutional;
  if (layer_type == "CaskPooling") return TrainingTableKind::kPooling;
  if (layer_type == "CaskGemmConvolution") return TrainingTableKind::kDense;
  return std::nullopt;
}

Result<Sizes> published_features(const Layer& layer, TrainingTableKind kind) {
  auto in = dimensions_of(layer, layer.inputs, "input");
  if (!in) return std::move(in).error();
  auto out = dimensions_of(layer, layer.outputs, "output");
  if (!out) return std::move(out).error();
  if (kind == TrainingTableKind::kDense) {
    return Sizes{(**in)[0], product(**in), product(**out)};
  }
  return windowed(layer, kind, **in, **out);
}

}  // namespace layerwatt::analysis
