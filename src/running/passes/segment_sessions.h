#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

#include "running/passes/run_state.h"

namespace layerwatt {

/// One layer as a model of its own, loaded, its inputs bound.
struct SegmentSession {
  /// Index into PreparedNetwork::layers.
  std::int32_t layer = 0;
  std::unique_ptr<Session> session;
};

/// All layers of a network, each ready to run alone.
struct SegmentSessions {
  std::vector<SegmentSession> segments;
  /// Layers that cannot stand alone, with the reason, for people.
  std::vector<std::string> left_out;
  /// Largest difference of the network's outputs, computed segment by segment, to `whole_outputs`,
  /// relative to the largest of them.
  double difference = 0.0;
};

/// Cuts the network, loads every segment, and runs each once in order: its inputs are what the
/// segments before it put out, so each later runs on just the values that it gets in the network.
Result<SegmentSessions> open_segments(RunState& state, const std::vector<Tensor>& whole_outputs);

/// Largest |a − b| over the tensors of the same name, relative to the largest |b|; infinite where a
/// tensor is missing, has another shape, or NaN where the other has none.
double relative_difference(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

}  // namespace layerwatt
