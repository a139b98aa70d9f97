#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

struct Stage {
  std::int64_t expansion;
  std::int64_t channels;
  int blocks;
  std::int64_t stride;
};

constexpr std::array kStages = {
    Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2},  Stage{6, 32, 3, 2},  Stage{6, 64, 4, 2},
    Stage{6, 96, 3, 1}, Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1},
};

Value unit(GraphBuilder& builder, const Value& x, const std::string& name,
           const Convolution& shape) {
  const Value y = builder.batch_norm(builder.convolution(x, name + ".0", shape), name + ".1");
  return builder.activation(y, name + ".2", Activation::kRelu6);
}

Value inverted_residual(GraphBuilder& builder, const Value& x, const std::string& name,
                        const Stage& stage, std::int64_t stride) {
  const std::int64_t hidden = x.channels() * stage.expansion;
  const bool residual = stride == 1 && x.channels() == stage.channels;
  int index = 0;
  const auto next = [&] { return name + ".conv." + std::to_string(index++); };
  Value y = x;
  if (stage.expansion != 1) y = unit(builder, y, next(), same_convolution(hidden));
  y = unit(builder, y, next(), same_convolution(hidden, 3, stride, hidden));
  y = builder.convolution(y, next(), same_convolution(stage.channels));
  y = builder.batch_norm(y, next(), residual ? 0.5 : 1.0);
  return residual ? builder.add(x, y, name + ".add") : y;
}

}  // namespace

// Sandler et al. 2018 (arXiv:1801.04381), width 1.
Result<OnnxModel> build_mobilenet_v2(const Architecture& architecture,
                                     const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  int index = 0;
  const auto next = [&] { return "features." + std::to_string(index++); };
  Value x = unit(builder, builder.input(), next(), same_convolution(32, 3, 2));
  for (const Stage& stage : kStages) {
    for (int i = 0; i < stage.blocks; ++i) {
      x = inverted_residual(builder, x, next(), stage, i == 0 ? stage.stride : 1);
    }
  }
  x = unit(builder, x, next(), same_convolution(1280));
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "classifier.1", kClasses));
}

}  // namespace layerwatt::models
