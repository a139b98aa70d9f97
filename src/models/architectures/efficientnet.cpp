#include <algorithm>
#include <array>
#include <cmath>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"
#include "models/architectures/squeeze_excitation.h"

namespace layerwatt::models {
namespace {

/// Table 1 of the paper: EfficientNet-B0.
struct Stage {
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t channels;
  int blocks;
};
constexpr std::array kStages = {
    Stage{1, 3, 1, 16, 1},  Stage{6, 3, 2, 24, 2},  Stage{6, 5, 2, 40, 2},  Stage{6, 3, 2, 80, 3},
    Stage{6, 5, 1, 112, 3}, Stage{6, 5, 2, 192, 4}, Stage{6, 3, 1, 320, 1},
};

struct Scale {
  std::string_view name;
  double width;
  double depth;
};
constexpr std::array kScales = {
    Scale{"efficientnet_b0", 1.0, 1.0},
    Scale{"efficientnet_b1", 1.0, 1.1},
    Scale{"efficientnet_b2", 1.1, 1.2},
};

Value unit(GraphBuilder& builder, const Value& x, const std::string& name, const Convolution& shape,
           Activation activation, double scale = 1.0) {
  Value y = builder.convolution(x, name + ".0", shape);
  y = builder.batch_norm(y, name + ".1", scale);
  return builder.activation(y, name + ".2", activation);
}

Value block(GraphBuilder& builder, const Value& x, const std::string& name, const Stage& stage,
            std::int64_t channels, std::int64_t stride) {
  const std::int64_t expanded =
      multiple_of_eight(static_cast<double>(x.channels() * stage.expansion));
  const bool residual = stride == 1 && x.channels() == channels;
  int index = 0;
  const auto next = [&] { return name + ".block." + std::to_string(index++); };
  Value y = x;
  if (expanded != x.channels()) {
    y = unit(builder, y, next(), same_convolution(expanded), Activation::kSilu);
  }
  y = unit(builder, y, next(), same_convolution(expanded, stage.kernel, stride, expanded),
           Activation::kSilu);
  const std::int64_t squeezed = std::max<std::int64_t>(1, x.channels() / 4);
  y = squeeze_excitation(builder, y, next(), squeezed, Activation::kSilu, Activation::kSigmoid);
  y = unit(builder, y, next(), same_convolution(channels), Activation::kNone, residual ? 0.5 : 1.0);
  return residual ? builder.add(x, y, name + ".add") : y;
}

}  // namespace

// Tan and Le 2019 (arXiv:1905.11946).
Result<OnnxModel> build_efficientnet(const Architecture& architecture,
                                     const ArchitectureOptions& options) {
  const auto* scale = std::find_if(kScales.begin(), kScales.end(),
                                   [&](const Scale& row) { return row.name == architecture.name; });
  const auto widened = [&](std::int64_t channels) {
    return multiple_of_eight(static_cast<double>(channels) * scale->width);
  };
  GraphBuilder builder(architecture, options);
  Value x = unit(builder, builder.input(), "features.0", same_convolution(widened(32), 3, 2),
                 Activation::kSilu);
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    const Stage& stage = kStages[i];
    const int blocks = static_cast<int>(std::ceil(stage.blocks * scale->depth));
    for (int k = 0; k < blocks; ++k) {
      const std::string name = "features." + std::to_string(i + 1) + "." + std::to_string(k);
      x = block(builder, x, name, stage, widened(stage.channels), k == 0 ? stage.stride : 1);
    }
  }
  x = unit(builder, x, "features.8", same_convolution(4 * x.channels()), Activation::kSilu);
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "classifier.1", kClasses));
}

}  // namespace layerwatt::models
