#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/models/onnx_model.h"
#include "layerwatt/models/tensor_shapes.h"

namespace layerwatt {

/// Shapes that a person gives to inputs of a model.
struct GivenShapes {
  /// In the order of the inputs that `by_name` leaves; an empty one is a scalar. Scalars may be
  /// left out: their shape is known.
  std::vector<std::vector<std::int64_t>> in_order;
  TensorShapes by_name;

  bool empty() const { return in_order.empty() && by_name.empty(); }
};

/// The shape of every input that has one, and what was assumed.
struct InputShapes {
  TensorShapes shapes;
  /// What a reader must know, each a sentence.
  std::vector<std::string> notes;
};

/// "batch × 3 × height × width": an input's dimensions as the model has them; "?" for one without a
/// name, "a scalar" for none.
std::string describe_dimensions(const ModelTensor& tensor);

/// What the inputs of a model are to be. A dimension that the model leaves open gets the size of
/// the dimension of the same name in another input's given shape; that of the batch becomes 1. Any
/// other is the reader's to say: kInvalidArgument names the input, its dimensions and the option to
/// give. So does a shape that fits no input.
Result<InputShapes> resolve_input_shapes(const std::vector<ModelTensor>& inputs,
                                         const GivenShapes& given);

}  // namespace layerwatt
