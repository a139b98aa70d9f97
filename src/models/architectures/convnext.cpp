#include <algorithm>
#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

struct Variant {
  std::string_view name;
  std::array<std::int64_t, 4> channels;
  std::array<int, 4> blocks;
};
constexpr std::array kVariants = {
    Variant{"convnext_tiny", {96, 192, 384, 768}, {3, 3, 9, 3}},
    Variant{"convnext_small", {96, 192, 384, 768}, {3, 3, 27, 3}},
    Variant{"convnext_base", {128, 256, 512, 1024}, {3, 3, 27, 3}},
};

/// Training begins with 1e-6; trained factors are of this size.
constexpr double kLayerScale = 0.25;

Value to_channels_last(GraphBuilder& builder, const Value& x, const std::string& name) {
  return builder.transpose(x, name, {0, 2, 3, 1});
}

Value to_channels_first(GraphBuilder& builder, const Value& x, const std::string& name) {
  return builder.transpose(x, name, {0, 3, 1, 2});
}

Value norm_over_channels(GraphBuilder& builder, const Value& x, const std::string& name) {
  const Value last = to_channels_last(builder, x, name + ".channels_last");
  return to_channels_first(builder, builder.layer_norm(last, name), name + ".channels_first");
}

Value block(GraphBuilder& builder, const Value& x, const std::string& name) {
  const std::int64_t channels = x.channels();
  Value y = builder.convolution(x, name + ".block.0", {channels, 7, 1, 3, channels, true});
  y = to_channels_last(builder, y, name + ".block.1");
  y = builder.layer_norm(y, name + ".block.2");
  y = builder.pointwise_linear(y, name + ".block.3", 4 * channels);
  y = builder.activation(y, name + ".block.4", Activation::kGelu);
  y = builder.pointwise_linear(y, name + ".block.5", channels);
  y = to_channels_first(builder, y, name + ".block.6");
  y = builder.channel_scale(y, name + ".layer_scale", kLayerScale);
  return builder.add(x, y, name + ".add");
}

}  // namespace

// Liu et al. 2022 (arXiv:2201.03545).
Result<OnnxModel> build_convnext(const Architecture& architecture,
                                 const ArchitectureOptions& options) {
  const auto* variant = std::find_if(kVariants.begin(), kVariants.end(), [&](const Variant& row) {
    return row.name == architecture.name;
  });
  GraphBuilder builder(architecture, options);
  Value x = builder.input();
  for (std::size_t stage = 0; stage < variant->channels.size(); ++stage) {
    const std::string name = "features." + std::to_string(2 * stage);
    const std::int64_t channels = variant->channels[stage];
    if (stage == 0) {
      x = builder.convolution(x, name + ".0", {channels, 4, 4, 0, 1, true});
      x = norm_over_channels(builder, x, name + ".1");
    } else {
      x = norm_over_channels(builder, x, name + ".0");
      x = builder.convolution(x, name + ".1", {channels, 2, 2, 0, 1, true});
    }
    const std::string blocks = "features." + std::to_string(2 * stage + 1) + ".";
    for (int i = 0; i < variant->blocks[stage]; ++i) {
      x = block(builder, x, blocks + std::to_string(i));
    }
  }
  x = builder.global_average_pool(x, "avgpool");
  x = norm_over_channels(builder, x, "classifier.0");
  x = builder.flatten(x, "classifier.1");
  return builder.finish(builder.linear(x, "classifier.2", kClasses));
}

}  // namespace layerwatt::models
