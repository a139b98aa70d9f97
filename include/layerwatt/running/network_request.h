#pragma once

#include <cstdint>
#include <string>
#include <vector>

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

}  // namespace layerwatt
