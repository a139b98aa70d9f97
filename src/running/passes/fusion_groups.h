#pragma once

#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/models/segments.h"

namespace layerwatt {

/// Which nodes of the model each layer of an engine stands for, by Layer::origins. The mapping is
/// many to many: a node that several layers share puts its nodes into the group of the first of
/// these layers, and the others go to `left_out` with the reason, as do layers that no node stands
/// behind (copies between formats that the engine put in).
std::vector<NodeGroup> fusion_groups(std::span<const ModelNode> nodes,
                                     std::span<const Layer> layers,
                                     std::vector<std::string>& left_out);

}  // namespace layerwatt
