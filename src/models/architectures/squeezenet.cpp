#include <array>

#include "models/architectures/architectures.h"
#include "models/architectures/graph_builder.h"

namespace layerwatt::models {
namespace {

constexpr Pooling kPool = {3, 2, 0, true};

Value active_convolution(GraphBuilder& builder, const Value& x, const std::string& name,
                         const Convolution& shape) {
  return builder.activation(builder.convolution(x, name, shape), name + "_activation",
                            Activation::kRelu);
}

Value fire(GraphBuilder& builder, const Value& x, const std::string& name, std::int64_t squeezed,
           std::int64_t expanded) {
  const Value s = active_convolution(builder, x, name + ".squeeze", {squeezed, 1, 1, 0, 1, true});
  const Value a = active_convolution(builder, s, name + ".expand1x1", {expanded, 1, 1, 0, 1, true});
  const Value b = active_convolution(builder, s, name + ".expand3x3", {expanded, 3, 1, 1, 1, true});
  return builder.concat({a, b}, name + ".concat");
}

struct Fire {
  std::int64_t squeezed;
  std::int64_t expanded;
};
constexpr std::array kFires = {Fire{16, 64},  Fire{16, 64},  Fire{32, 128}, Fire{32, 128},
                               Fire{48, 192}, Fire{48, 192}, Fire{64, 256}, Fire{64, 256}};

}  // namespace

// Iandola et al. 2016 (arXiv:1602.07360); version 1.1 pools earlier and begins smaller.
Result<OnnxModel> build_squeezenet(const Architecture& architecture,
                                   const ArchitectureOptions& options) {
  const bool first_version = architecture.name == "squeezenet1_0";
  // Fires in front of which the image is halved.
  const std::size_t early = first_version ? 3 : 2;
  const std::size_t late = first_version ? 7 : 4;
  GraphBuilder builder(architecture, options);
  int index = 0;
  const auto next = [&] { return "features." + std::to_string(index++); };
  const Convolution stem =
      first_version ? Convolution{96, 7, 2, 0, 1, true} : Convolution{64, 3, 2, 0, 1, true};
  Value x = builder.convolution(builder.input(), next(), stem);
  x = builder.activation(x, next(), Activation::kRelu);
  x = builder.max_pool(x, next(), kPool);
  for (std::size_t i = 0; i < kFires.size(); ++i) {
    if (i == early || i == late) x = builder.max_pool(x, next(), kPool);
    x = fire(builder, x, next(), kFires[i].squeezed, kFires[i].expanded);
  }
  x = active_convolution(builder, x, "classifier.1", {kClasses, 1, 1, 0, 1, true});
  return builder.finish(builder.flatten(builder.global_average_pool(x, "avgpool"), "flatten"));
}

}  // namespace layerwatt::models
