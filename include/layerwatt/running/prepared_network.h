#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/image_input.h"

namespace layerwatt {

/// What a person asked to be run.
struct NetworkRequest {
  /// Path of an ONNX file, or the name of a built-in architecture ("alexnet").
  std::string model;
  /// Shape of the model's inputs, in order; the model's own shape where absent. Dimensions that the
  /// model leaves free and nobody gives become 1.
  std::vector<std::vector<std::int64_t>> input_shapes;
  /// kFloat32 (the model as it is), kFloat16 or kBFloat16 (the model converted).
  DataType type = DataType::kFloat32;
  /// 0: the engine's own choice.
  int threads = 0;
  /// Whether worker threads spin while they wait; spinning is faster and costs power.
  bool spinning = true;
  /// Of the random inputs, and of the weights of built-in architectures that ask for one.
  std::uint64_t seed = 1;
  /// Pictures for the input that takes some (find_image_input); random values where there are none.
  /// Without `input_shapes` the batch is as large as there are pictures, if the model leaves it
  /// free; a larger batch repeats them.
  std::vector<ImageInput> images;
};

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
  /// Pictures, or random but reproducible.
  std::vector<Tensor> inputs;
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

/// Loads or builds the model, converts it, lets the engine rewrite it, and names its layers.
/// kNotFound: neither a file nor a built-in name; kParse: not an ONNX file; kUnsupported: operators
/// or types that the engine lacks; kInvalidArgument: a shape that does not fit, or pictures for a
/// network that takes none.
Result<PreparedNetwork> prepare_network(Engine& engine, const NetworkRequest& request);

}  // namespace layerwatt
