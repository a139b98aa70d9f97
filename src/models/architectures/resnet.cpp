#include <algorithm>
#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

struct Variant {
  std::string_view name;
  std::array<int, 4> blocks;
  bool bottleneck;
  std::int64_t groups = 1;
  std::int64_t width_per_group = 64;
};

constexpr std::array kVariants = {
    Variant{"resnet18", {2, 2, 2, 2}, false},
    Variant{"resnet34", {3, 4, 6, 3}, false},
    Variant{"resnet50", {3, 4, 6, 3}, true},
    Variant{"resnet101", {3, 4, 23, 3}, true},
    Variant{"resnet152", {3, 8, 36, 3}, true},
    Variant{"resnext50_32x4d", {3, 4, 6, 3}, true, 32, 4},
    Variant{"resnext101_32x8d", {3, 4, 23, 3}, true, 32, 8},
    Variant{"resnext101_64x4d", {3, 4, 23, 3}, true, 64, 4},
};

/// Keeps the sum of many residual branches near the size of one.
constexpr double kBranchScale = 0.5;

class ResNet {
 public:
  ResNet(GraphBuilder& builder, const Variant& variant) : builder_(builder), variant_(variant) {}

  Value block(const Value& x, const std::string& name, std::int64_t planes, std::int64_t stride) {
    const std::int64_t out = variant_.bottleneck ? 4 * planes : planes;
    Value branch =
        variant_.bottleneck ? bottleneck(x, name, planes, stride) : basic(x, name, planes, stride);
    Value shortcut = x;
    if (stride != 1 || x.channels() != out) {
      shortcut = builder_.convolution(x, name + ".downsample.0", same_convolution(out, 1, stride));
      shortcut = builder_.batch_norm(shortcut, name + ".downsample.1");
    }
    return builder_.activation(builder_.add(branch, shortcut, name + ".add"), name + ".relu",
                               Activation::kRelu);
  }

 private:
  Value unit(const Value& x, const std::string& name, int index, const Convolution& shape,
             bool last) {
    const std::string number = std::to_string(index);
    Value y = builder_.convolution(x, name + ".conv" + number, shape);
    y = builder_.batch_norm(y, name + ".bn" + number, last ? kBranchScale : 1.0);
    return last ? y : builder_.activation(y, name + ".relu" + number, Activation::kRelu);
  }

  Value basic(const Value& x, const std::string& name, std::int64_t planes, std::int64_t stride) {
    const Value y = unit(x, name, 1, same_convolution(planes, 3, stride), false);
    return unit(y, name, 2, same_convolution(planes, 3), true);
  }

  Value bottleneck(const Value& x, const std::string& name, std::int64_t planes,
                   std::int64_t stride) {
    const std::int64_t width = planes * variant_.width_per_group / 64 * variant_.groups;
    Value y = unit(x, name, 1, same_convolution(width), false);
    // The stride stands in the 3 × 3 convolution, as in torchvision ("ResNet V1.5").
    y = unit(y, name, 2, same_convolution(width, 3, stride, variant_.groups), false);
    return unit(y, name, 3, same_convolution(4 * planes), true);
  }

  GraphBuilder& builder_;
  const Variant& variant_;
};

}  // namespace

// He et al. 2015 (arXiv:1512.03385); Xie et al. 2016, "ResNeXt" (arXiv:1611.05431).
Result<OnnxModel> build_resnet(const Architecture& architecture,
                               const ArchitectureOptions& options) {
  const auto* variant = std::find_if(kVariants.begin(), kVariants.end(), [&](const Variant& row) {
    return row.name == architecture.name;
  });
  GraphBuilder builder(architecture, options);
  ResNet network(builder, *variant);
  Value x = builder.convolution(builder.input(), "conv1", same_convolution(64, 7, 2));
  x = builder.activation(builder.batch_norm(x, "bn1"), "relu", Activation::kRelu);
  x = builder.max_pool(x, "maxpool", {3, 2, 1, false});
  std::int64_t planes = 64;
  for (std::size_t stage = 0; stage < variant->blocks.size(); ++stage, planes *= 2) {
    const std::string layer = "layer" + std::to_string(stage + 1) + ".";
    for (int i = 0; i < variant->blocks[stage]; ++i) {
      x = network.block(x, layer + std::to_string(i), planes, i == 0 && stage > 0 ? 2 : 1);
    }
  }
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "fc", kClasses));
}

}  // namespace layerwatt::models
