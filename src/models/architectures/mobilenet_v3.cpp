#include <array>
#include <span>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"
#include "models/architectures/squeeze_excitation.h"

namespace layerwatt::models {
namespace {

constexpr Activation kRelu = Activation::kRelu;
constexpr Activation kSwish = Activation::kHardSwish;
constexpr float kEpsilon = 1e-3F;

struct Bottleneck {
  std::int64_t kernel;
  std::int64_t expanded;
  std::int64_t channels;
  bool squeeze;
  Activation activation;
  std::int64_t stride;
};

// Tables 1 and 2 of the paper.
constexpr std::array kLarge = {
    Bottleneck{3, 16, 16, false, kRelu, 1},   Bottleneck{3, 64, 24, false, kRelu, 2},
    Bottleneck{3, 72, 24, false, kRelu, 1},   Bottleneck{5, 72, 40, true, kRelu, 2},
    Bottleneck{5, 120, 40, true, kRelu, 1},   Bottleneck{5, 120, 40, true, kRelu, 1},
    Bottleneck{3, 240, 80, false, kSwish, 2}, Bottleneck{3, 200, 80, false, kSwish, 1},
    Bottleneck{3, 184, 80, false, kSwish, 1}, Bottleneck{3, 184, 80, false, kSwish, 1},
    Bottleneck{3, 480, 112, true, kSwish, 1}, Bottleneck{3, 672, 112, true, kSwish, 1},
    Bottleneck{5, 672, 160, true, kSwish, 2}, Bottleneck{5, 960, 160, true, kSwish, 1},
    Bottleneck{5, 960, 160, true, kSwish, 1},
};
constexpr std::array kSmall = {
    Bottleneck{3, 16, 16, true, kRelu, 2},   Bottleneck{3, 72, 24, false, kRelu, 2},
    Bottleneck{3, 88, 24, false, kRelu, 1},  Bottleneck{5, 96, 40, true, kSwish, 2},
    Bottleneck{5, 240, 40, true, kSwish, 1}, Bottleneck{5, 240, 40, true, kSwish, 1},
    Bottleneck{5, 120, 48, true, kSwish, 1}, Bottleneck{5, 144, 48, true, kSwish, 1},
    Bottleneck{5, 288, 96, true, kSwish, 2}, Bottleneck{5, 576, 96, true, kSwish, 1},
    Bottleneck{5, 576, 96, true, kSwish, 1},
};

Value unit(GraphBuilder& builder, const Value& x, const std::string& name, const Convolution& shape,
           Activation activation, double scale = 1.0) {
  Value y = builder.convolution(x, name + ".0", shape);
  y = builder.batch_norm(y, name + ".1", scale, kEpsilon);
  return builder.activation(y, name + ".2", activation);
}

Value inverted_residual(GraphBuilder& builder, const Value& x, const std::string& name,
                        const Bottleneck& row) {
  const bool residual = row.stride == 1 && x.channels() == row.channels;
  int index = 0;
  const auto next = [&] { return name + ".block." + std::to_string(index++); };
  Value y = x;
  if (row.expanded != x.channels()) {
    y = unit(builder, y, next(), same_convolution(row.expanded), row.activation);
  }
  y = unit(builder, y, next(), same_convolution(row.expanded, row.kernel, row.stride, row.expanded),
           row.activation);
  if (row.squeeze) {
    const std::int64_t squeezed = multiple_of_eight(static_cast<double>(row.expanded / 4));
    y = squeeze_excitation(builder, y, next(), squeezed, kRelu, Activation::kHardSigmoid);
  }
  y = unit(builder, y, next(), same_convolution(row.channels), Activation::kNone,
           residual ? 0.5 : 1.0);
  return residual ? builder.add(x, y, name + ".add") : y;
}

}  // namespace

// Howard et al. 2019 (arXiv:1905.02244), width 1.
Result<OnnxModel> build_mobilenet_v3(const Architecture& architecture,
                                     const ArchitectureOptions& options) {
  const bool large = architecture.name == "mobilenet_v3_large";
  const std::span<const Bottleneck> rows =
      large ? std::span<const Bottleneck>(kLarge) : std::span<const Bottleneck>(kSmall);
  GraphBuilder builder(architecture, options);
  int index = 0;
  const auto next = [&] { return "features." + std::to_string(index++); };
  Value x = unit(builder, builder.input(), next(), same_convolution(16, 3, 2), kSwish);
  for (const Bottleneck& row : rows) x = inverted_residual(builder, x, next(), row);
  x = unit(builder, x, next(), same_convolution(6 * x.channels()), kSwish);
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  x = builder.linear(x, "classifier.0", large ? 1280 : 1024);
  x = builder.activation(x, "classifier.1", kSwish);
  return builder.finish(builder.linear(x, "classifier.3", kClasses));
}

}  // namespace layerwatt::models
