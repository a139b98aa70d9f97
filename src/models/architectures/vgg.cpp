#include <algorithm>
#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

/// Convolutions in each of the five stages.
struct Depth {
  std::string_view name;
  std::array<int, 5> convolutions;
};

constexpr std::array kDepths = {
    Depth{"vgg11", {1, 1, 2, 2, 2}},
    Depth{"vgg13", {2, 2, 2, 2, 2}},
    Depth{"vgg16", {2, 2, 3, 3, 3}},
    Depth{"vgg19", {2, 2, 4, 4, 4}},
};
constexpr std::array<std::int64_t, 5> kChannels = {64, 128, 256, 512, 512};

}  // namespace

// Simonyan and Zisserman 2014 (arXiv:1409.1556), configurations A, B, D and E.
Result<OnnxModel> build_vgg(const Architecture& architecture, const ArchitectureOptions& options) {
  const auto* depth = std::find_if(kDepths.begin(), kDepths.end(),
                                   [&](const Depth& row) { return row.name == architecture.name; });
  GraphBuilder builder(architecture, options);
  Value x = builder.input();
  int index = 0;
  const auto next = [&] { return "features." + std::to_string(index++); };
  for (std::size_t stage = 0; stage < kChannels.size(); ++stage) {
    for (int i = 0; i < depth->convolutions[stage]; ++i) {
      x = builder.convolution(x, next(), {kChannels[stage], 3, 1, 1, 1, true});
      x = builder.activation(x, next(), Activation::kRelu);
    }
    x = builder.max_pool(x, next(), {});
  }
  x = builder.adaptive_average_pool(x, "avgpool", 7);
  x = builder.flatten(x, "flatten");
  x = builder.linear(x, "classifier.0", 4096);
  x = builder.activation(x, "classifier.1", Activation::kRelu);
  x = builder.linear(x, "classifier.3", 4096);
  x = builder.activation(x, "classifier.4", Activation::kRelu);
  return builder.finish(builder.linear(x, "classifier.6", kClasses));
}

}  // namespace layerwatt::models
