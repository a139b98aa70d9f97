#pragma once

#include <string>
#include <vector>

#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

/// For each node of a graph that an engine rewrote: the names of the model's own nodes whose work
/// it does, in the model's order; empty for nodes that the engine put in (ReorderOutput). Told by
/// the tensors: what the engine still computes has kept its name (ONNX Runtime's blocked layouts
/// add
/// "_nchwc"), so a node does all that leads to its outputs from tensors that other nodes compute.
std::vector<std::vector<std::string>> layer_origins(const std::vector<ModelNode>& original,
                                                    const std::vector<ModelNode>& rewritten);

/// Names for people, unique: origins joined as TensorRT does ("conv1 + relu1"), the engine's own
/// name where there are none.
std::vector<std::string> layer_names(const std::vector<ModelNode>& rewritten,
                                     const std::vector<std::vector<std::string>>& origins);

}  // namespace layerwatt
