#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

enum class MicroKind { kConvolution, kMaxPool, kAveragePool, kDense, kAdd, kRelu };

/// One layer that stands for no network.
struct MicroLayer {
  MicroKind kind = MicroKind::kConvolution;
  std::int64_t batch = 1;
  /// Channels, height, width; of a dense layer features, 1, 1.
  std::array<std::int64_t, 3> input{1, 1, 1};
  std::int64_t channels = 1;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

/// A Latin hypercube of `count` layers over the logarithms of image, input and output channels,
/// over kernels, strides, groups and batches, as they occur in networks for images: half
/// convolutions, an eighth of them depthwise and a few in groups, pooling, dense, element-wise
/// layers. None has more than 4 Gflop or 64 MiB, so that a slow board gets through. The same seed
/// gives the same layers.
std::vector<MicroLayer> design_micro_layers(std::size_t count, std::uint64_t seed);

/// "conv 3x3/2 g1 64x56x56-128 b1": what a layer is, short enough for a name.
std::string name_of(const MicroLayer& layer);

/// A graph of these layers side by side, each with an input and an output of its own and random
/// weights. Names of nodes begin with `first`, counted up, so that they differ over several graphs.
OnnxModel build_micro_network(std::span<const MicroLayer> layers, std::size_t first,
                              const std::string& name, std::uint64_t seed);

}  // namespace layerwatt
