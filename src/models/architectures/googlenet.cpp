#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

constexpr float kEpsilon = 1e-3F;

/// Channels of the four branches; those of the middle two are reduced first.
struct Inception {
  std::string_view name;
  std::int64_t single;
  std::int64_t reduce3;
  std::int64_t out3;
  std::int64_t reduce5;
  std::int64_t out5;
  std::int64_t pooled;
  /// Window of the maximum pooling in front; 0: none.
  std::int64_t pool_before = 0;
};
// Table 1 of the paper.
constexpr std::array kInceptions = {
    Inception{"inception3a", 64, 96, 128, 16, 32, 32, 3},
    Inception{"inception3b", 128, 128, 192, 32, 96, 64},
    Inception{"inception4a", 192, 96, 208, 16, 48, 64, 3},
    Inception{"inception4b", 160, 112, 224, 24, 64, 64},
    Inception{"inception4c", 128, 128, 256, 24, 64, 64},
    Inception{"inception4d", 112, 144, 288, 32, 64, 64},
    Inception{"inception4e", 256, 160, 320, 32, 128, 128},
    Inception{"inception5a", 256, 160, 320, 32, 128, 128, 2},
    Inception{"inception5b", 384, 192, 384, 48, 128, 128},
};

Value unit(GraphBuilder& builder, const Value& x, const std::string& name,
           const Convolution& shape) {
  Value y = builder.convolution(x, name + ".conv", shape);
  y = builder.batch_norm(y, name + ".bn", 1.0, kEpsilon);
  return builder.activation(y, name + ".relu", Activation::kRelu);
}

Value inception(GraphBuilder& builder, const Value& x, const Inception& row) {
  const std::string name(row.name);
  const Value single = unit(builder, x, name + ".branch1", same_convolution(row.single));
  Value three = unit(builder, x, name + ".branch2.0", same_convolution(row.reduce3));
  three = unit(builder, three, name + ".branch2.1", same_convolution(row.out3, 3));
  // torchvision took over a 3 × 3 kernel where the paper has 5 × 5; its weights are counted so.
  Value five = unit(builder, x, name + ".branch3.0", same_convolution(row.reduce5));
  five = unit(builder, five, name + ".branch3.1", same_convolution(row.out5, 3));
  Value pooled = builder.max_pool(x, name + ".branch4.0", {3, 1, 1, true});
  pooled = unit(builder, pooled, name + ".branch4.1", same_convolution(row.pooled));
  return builder.concat({single, three, five, pooled}, name + ".concat");
}

}  // namespace

// Szegedy et al. 2014 (arXiv:1409.4842), with batch normalisation, without auxiliary classifiers.
Result<OnnxModel> build_googlenet(const Architecture& architecture,
                                  const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  Value x = unit(builder, builder.input(), "conv1", same_convolution(64, 7, 2));
  x = builder.max_pool(x, "maxpool1", {3, 2, 0, true});
  x = unit(builder, x, "conv2", same_convolution(64));
  x = unit(builder, x, "conv3", same_convolution(192, 3));
  int pool = 2;
  for (const Inception& row : kInceptions) {
    if (row.pool_before > 0) {
      x = builder.max_pool(x, "maxpool" + std::to_string(pool++), {row.pool_before, 2, 0, true});
    }
    x = inception(builder, x, row);
  }
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "fc", kClasses));
}

}  // namespace layerwatt::models
