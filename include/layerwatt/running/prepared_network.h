#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/models/input_uses.h"
#include "layerwatt/models/tensor_shapes.h"

namespace layerwatt {

/// A network as an engine executes it: the graph after the engine's own rewriting, so that each
/// node is one layer, with the same name in the graph, in the engine's profile and in `layers`.
struct PreparedNetwork {
  /// Of result folders and files: the built-in name, or the file's name without its extension.
  std::string name;
  /// Path of the model file, empty for a built-in architecture.
  std::string path;
  /// The graph to be loaded with SessionOptions::keep_graph.
  std::vector<std::byte> graph;
  /// What is run and timed as one, in order of execution, with the shapes for `inputs`.
  std::vector<Layer> layers;
  /// What the engine itself says of its layers, for trt_engine_info.json; empty where it says
  /// nothing in that form, and the file is written from `layers`.
  std::string engine_info;
  /// Given by a person, pictures, or random but reproducible.
  std::vector<Tensor> inputs;
  /// What inputs are to be where the graph leaves dimensions open.
  TensorShapes input_shapes;
  /// What the network does with the values of its inputs, as far as the model's graph tells.
  std::vector<InputUse> input_uses;
  DataType type = DataType::kFloat32;
  int threads = 0;
  bool spinning = true;
  std::string engine;
  std::string engine_version;
  /// Elements of all weights.
  std::int64_t parameter_count = 0;
  /// What a reader must know (constants made weights, a lower level of optimisation), each a
  /// sentence.
  std::vector<std::string> notes;
};

}  // namespace layerwatt
