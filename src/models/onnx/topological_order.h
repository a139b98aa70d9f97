#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/result.h"

#include "models/onnx/node_attributes.h"

namespace layerwatt::models {

/// Tensors of the graph around it that a node reads: its inputs, and what its subgraphs take from
/// outside. Without empty names.
std::vector<std::string> consumed_tensors(const onnx::NodeProto& node);

/// Brings the nodes of a graph into an order in which they can run, as little changed as possible.
/// kParse: a cycle, or a tensor that two nodes make.
Result<void> sort_nodes(onnx::GraphProto& graph);

}  // namespace layerwatt::models
