#pragma once

#include <vector>

#include "layerwatt/core/layer.h"

namespace layerwatt {

/// The layers of a graph as an inference engine is likely to run them: a convolution or matrix
/// product takes in the batch normalisation, activation and shortcut addition that alone use its
/// result; batch normalisation and activation that follow an addition go with it; point-wise
/// operators of one shape that follow each other become one "PointWise"; 1×1 convolutions of one
/// input become one; a concatenation of what nothing else uses is dropped, and so is what only
/// renames a tensor. A guess where the engine itself was not asked: `origins` of a fused layer
/// names the nodes, first to last, and its name is theirs joined by " + ", and by " || " where they
/// ran beside each other, as TensorRT's.
std::vector<Layer> fuse_layers(const std::vector<Layer>& layers);

}  // namespace layerwatt
