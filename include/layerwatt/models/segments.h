#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

/// A part of a network as a model of its own: its inputs are the activations that it consumes, its
/// weights are copies, its outputs are what later segments or the network's own outputs need.
struct ModelSegment {
  /// Name of the node, or of the group.
  std::string name;
  OnnxModel model;
  /// Names of activations, as in the whole network. An activation comes from a network input or
  /// from an earlier segment's outputs.
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  /// Names of the nodes inside.
  std::vector<std::string> nodes;
};

/// A node that is in no segment.
struct LeftOutNode {
  std::string name;
  std::string reason;
};

/// Where one input of a segment comes from.
struct SegmentFeed {
  std::string activation;
  /// Index of the segment that makes it; nullopt for an input of the network.
  std::optional<std::size_t> from;
  std::size_t to = 0;
};

/// A network cut into segments, in an order in which they can run: each with what it needs from
/// those before, so that running all of them one after the other is the whole network.
struct CutModel {
  std::vector<ModelSegment> segments;
  std::vector<SegmentFeed> feeds;
  /// Nodes that depend on weights alone, which are copied into each segment that uses them; with
  /// leave_out_unsupported also nodes (or groups) that cannot stand alone.
  std::vector<LeftOutNode> left_out;
};

/// Which nodes make one segment, by name.
struct NodeGroup {
  std::string name;
  std::vector<std::string> nodes;
};

struct CutOptions {
  /// Nodes that are one segment together; every other node is a segment of its own. Empty: each
  /// node for itself.
  std::vector<NodeGroup> groups;
  /// Shapes that inference cannot find (of operators of other sets).
  const TensorShapes* known_shapes = nullptr;
  /// Types ("float", "int64") of tensors that inference cannot find.
  const std::map<std::string, std::string, std::less<>>* known_types = nullptr;
  /// Leave out what cannot stand alone, with the reason, instead of an error. What it makes must
  /// then come to its consumers from elsewhere (expose_tensors).
  bool leave_out_unsupported = false;
};

/// kInvalidArgument: a group names a node that is not there or that another group has, or its nodes
/// cannot run together without another segment in between. kUnsupported names a node that cannot
/// stand alone: the type of one of its tensors is unknown.
Result<CutModel> cut_segments(const OnnxModel& model, const CutOptions& options = {});

/// The model with more outputs: tensors inside it, by name.
OnnxModel expose_tensors(const OnnxModel& model, const std::vector<std::string>& names);

}  // namespace layerwatt
