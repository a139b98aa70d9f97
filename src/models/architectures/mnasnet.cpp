#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

struct Stage {
  std::int64_t expansion;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t channels;
  int blocks;
};
// MnasNet-B1 of the paper, without squeeze and excitation.
constexpr std::array kStages = {
    Stage{3, 3, 2, 24, 3}, Stage{3, 5, 2, 40, 3},  Stage{6, 5, 2, 80, 3},
    Stage{6, 3, 1, 96, 2}, Stage{6, 5, 2, 192, 4}, Stage{6, 3, 1, 320, 1},
};

/// Convolution, normalisation and, if asked for, ReLU under consecutive numbers of one sequence.
class Sequence {
 public:
  Sequence(GraphBuilder& builder, std::string prefix, int first = 0)
      : builder_(builder), prefix_(std::move(prefix)), index_(first) {}

  Value unit(const Value& x, const Convolution& shape, bool active, double scale = 1.0) {
    Value y = builder_.convolution(x, next(), shape);
    y = builder_.batch_norm(y, next(), scale);
    return active ? builder_.activation(y, next(), Activation::kRelu) : y;
  }

 private:
  std::string next() { return prefix_ + std::to_string(index_++); }

  GraphBuilder& builder_;
  std::string prefix_;
  int index_;
};

Value inverted_residual(GraphBuilder& builder, const Value& x, const std::string& name,
                        const Stage& stage, std::int64_t stride) {
  const std::int64_t hidden = x.channels() * stage.expansion;
  const bool residual = stride == 1 && x.channels() == stage.channels;
  Sequence sequence(builder, name + ".layers.");
  Value y = sequence.unit(x, same_convolution(hidden), true);
  y = sequence.unit(y, same_convolution(hidden, stage.kernel, stride, hidden), true);
  y = sequence.unit(y, same_convolution(stage.channels), false, residual ? 0.5 : 1.0);
  return residual ? builder.add(x, y, name + ".add") : y;
}

}  // namespace

// Tan et al. 2018 (arXiv:1807.11626), depth multiplier 1.
Result<OnnxModel> build_mnasnet(const Architecture& architecture,
                                const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  Sequence stem(builder, "layers.");
  Value x = stem.unit(builder.input(), same_convolution(32, 3, 2), true);
  x = stem.unit(x, same_convolution(32, 3, 1, 32), true);
  x = stem.unit(x, same_convolution(16), false);
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    for (int k = 0; k < kStages[i].blocks; ++k) {
      const std::string name = "layers." + std::to_string(8 + i) + "." + std::to_string(k);
      x = inverted_residual(builder, x, name, kStages[i], k == 0 ? kStages[i].stride : 1);
    }
  }
  Sequence head(builder, "layers.", 14);
  x = head.unit(x, same_convolution(1280), true);
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "classifier.1", kClasses));
}

}  // namespace layerwatt::models
