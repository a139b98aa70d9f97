#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

struct Stage {
  int blocks;
  std::int64_t channels;
};
constexpr std::array kStages = {Stage{4, 116}, Stage{8, 232}, Stage{4, 464}};

/// Convolution and normalisation under consecutive numbers of one branch.
class Branch {
 public:
  Branch(GraphBuilder& builder, std::string prefix)
      : builder_(builder), prefix_(std::move(prefix) + ".") {}

  Value unit(const Value& x, const Convolution& shape, bool active) {
    Value y = builder_.convolution(x, next(), shape);
    y = builder_.batch_norm(y, next());
    return active ? builder_.activation(y, next(), Activation::kRelu) : y;
  }

 private:
  std::string next() { return prefix_ + std::to_string(index_++); }

  GraphBuilder& builder_;
  std::string prefix_;
  int index_ = 0;
};

Value second_branch(GraphBuilder& builder, const Value& x, const std::string& name,
                    std::int64_t channels, std::int64_t stride) {
  Branch branch(builder, name + ".branch2");
  Value y = branch.unit(x, same_convolution(channels), true);
  y = branch.unit(y, same_convolution(channels, 3, stride, channels), false);
  return branch.unit(y, same_convolution(channels), true);
}

Value block(GraphBuilder& builder, const Value& x, const std::string& name, std::int64_t channels,
            bool halve) {
  const std::int64_t half = channels / 2;
  Value left;
  Value right;
  if (halve) {
    Branch branch(builder, name + ".branch1");
    left = branch.unit(x, same_convolution(x.channels(), 3, 2, x.channels()), false);
    left = branch.unit(left, same_convolution(half), true);
    right = second_branch(builder, x, name, half, 2);
  } else {
    const std::vector<Value> halves = builder.split_channels(x, name + ".chunk");
    left = halves[0];
    right = second_branch(builder, halves[1], name, half, 1);
  }
  return builder.shuffle_channels(builder.concat({left, right}, name + ".concat"),
                                  name + ".shuffle");
}

Value stem_unit(GraphBuilder& builder, const Value& x, const std::string& name,
                const Convolution& shape) {
  const Value y = builder.batch_norm(builder.convolution(x, name + ".0", shape), name + ".1");
  return builder.activation(y, name + ".2", Activation::kRelu);
}

}  // namespace

// Ma et al. 2018 (arXiv:1807.11164), width 1.
Result<OnnxModel> build_shufflenet_v2(const Architecture& architecture,
                                      const ArchitectureOptions& options) {
  GraphBuilder builder(architecture, options);
  Value x = stem_unit(builder, builder.input(), "conv1", same_convolution(24, 3, 2));
  x = builder.max_pool(x, "maxpool", {3, 2, 1, false});
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    for (int k = 0; k < kStages[i].blocks; ++k) {
      const std::string name = "stage" + std::to_string(i + 2) + "." + std::to_string(k);
      x = block(builder, x, name, kStages[i].channels, k == 0);
    }
  }
  x = stem_unit(builder, x, "conv5", same_convolution(1024));
  x = builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten");
  return builder.finish(builder.linear(x, "fc", kClasses));
}

}  // namespace layerwatt::models
