#pragma once

#include <string>

#include "models/architectures/graph_builder.h"

namespace layerwatt::models {

/// Hu et al. 2017, "Squeeze-and-Excitation" (arXiv:1709.01507): each channel times a factor that
/// two layers of `squeezed` and all channels compute from the means of the channels.
inline Value squeeze_excitation(GraphBuilder& builder, const Value& x, const std::string& name,
                                std::int64_t squeezed, Activation inner, Activation gate) {
  Value y = builder.global_average_pool(x, name + ".avgpool");
  y = builder.convolution(y, name + ".fc1", {squeezed, 1, 1, 0, 1, true});
  y = builder.activation(y, name + ".activation", inner);
  y = builder.convolution(y, name + ".fc2", {x.channels(), 1, 1, 0, 1, true});
  y = builder.activation(y, name + ".scale_activation", gate);
  return builder.multiply(x, y, name + ".mul");
}

}  // namespace layerwatt::models
