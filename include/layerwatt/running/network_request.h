#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/engines/engine.h"
#include "layerwatt/models/input_shapes.h"
#include "layerwatt/running/image_input.h"
#include "layerwatt/running/input_value.h"

namespace layerwatt {

/// What a person asked to be run.
struct NetworkRequest {
  /// Path of an ONNX file, or the name of a built-in architecture ("alexnet").
  std::string model;
  /// Shapes of inputs; the model's own where absent.
  GivenShapes input_shapes;
  /// Values of inputs; random where absent. Their shapes are the inputs', where nothing else says.
  std::vector<InputValue> input_values;
  /// kFloat32 (the model as it is), kFloat16 or kBFloat16 (the model converted).
  DataType type = DataType::kFloat32;
  /// 0: the engine's own choice.
  int threads = 0;
  /// Whether worker threads spin while they wait; spinning is faster and costs power.
  bool spinning = true;
  /// False: the engine runs the model's nodes as they are, each a layer of its own, named as the
  /// published PyTorch profiler names modules ("Conv2d_0"). Not with engines that build what they
  /// run.
  bool fused = true;
  /// Of the random inputs, and of the weights of built-in architectures that ask for one.
  std::uint64_t seed = 1;
  /// Pictures for the input that takes some (find_image_input); random values where there are none.
  /// Without `input_shapes` the batch is as large as there are pictures, if the model leaves it
  /// free; a larger batch repeats them.
  std::vector<ImageInput> images;
};

}  // namespace layerwatt
