#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

constexpr std::int64_t kGrowth = 32;
constexpr std::array<int, 4> kLayers = {6, 12, 24, 16};  // DenseNet-121

Value normalised(GraphBuilder& builder, const Value& x, const std::string& norm,
                 const std::string& relu) {
  return builder.activation(builder.batch_norm(x, norm), relu, Activation::kRelu);
}

Value dense_layer(GraphBuilder& builder, const Value& x, const std::string& name) {
  Value y = normalised(builder, x, name + ".norm1", name + ".relu1");
  y = builder.convolution(y, name + ".conv1", same_convolution(4 * kGrowth));
  y = normalised(builder, y, name + ".norm2", name + ".relu2");
  return builder.convolution(y, name + ".conv2", same_convolution(kGrowth, 3));
}

}  // namespace

// Huang et al. 2016 (arXiv:1608.06993).
Result<OnnxModel> build_densenet(const Architecture& architecture,
                                 const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  Value x =
      builder.convolution(builder.input(), "features.conv0", same_convolution(2 * kGrowth, 7, 2));
  x = normalised(builder, x, "features.norm0", "features.relu0");
  x = builder.max_pool(x, "features.pool0", {3, 2, 1, false});
  for (std::size_t b = 0; b < kLayers.size(); ++b) {
    const std::string number = std::to_string(b + 1);
    std::vector<Value> features = {x};
    for (int i = 1; i <= kLayers[b]; ++i) {
      const std::string name = "features.denseblock" + number + ".denselayer" + std::to_string(i);
      const Value all = i == 1 ? x : builder.concat(features, name + ".concat");
      features.push_back(dense_layer(builder, all, name));
    }
    x = builder.concat(features, "features.denseblock" + number + ".concat");
    if (b + 1 == kLayers.size()) break;
    const std::string name = "features.transition" + number;
    x = normalised(builder, x, name + ".norm", name + ".relu");
    x = builder.convolution(x, name + ".conv", same_convolution(x.channels() / 2));
    x = builder.average_pool(x, name + ".pool", {});
  }
  x = normalised(builder, x, "features.norm5", "relu");
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "classifier", kClasses));
}

}  // namespace layerwatt::models
