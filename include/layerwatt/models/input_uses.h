#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/models/onnx_model.h"

namespace layerwatt {

/// Whole numbers from `low` to `high`, both valid.
struct ValueRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// What a network does with the values of one of its inputs, as far as its graph tells.
struct InputUse {
  std::string input;
  /// The first node whose branch, or number of turns, depends on the values, and its operator
  /// ("gate", "If"); empty where none does.
  std::string decides;
  std::string decides_type;
  /// Integers that the network accepts: indices into something of a known size (a table, the images
  /// of a batch), or lengths. Absent where the graph sets no bounds.
  std::optional<ValueRange> range;
};

/// One for each input of which something is known. Shapes are taken as they are in the model: fix
/// them before. Subgraphs are looked into.
std::vector<InputUse> find_input_uses(const OnnxModel& model);

}  // namespace layerwatt
