#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Values that a person gives to one input of a network.
struct InputValue {
  /// Of the input; empty where there must be only one.
  std::string name;
  /// As it was typed: a file, or a number.
  std::string source;
  /// What a file holds; absent for a number, which all elements get.
  std::optional<Tensor> tensor;
};

/// From words: NAME=FILE (.npy, .npz, .pb), FILE (named as its arrays are), NAME=NUMBER.
/// kInvalidArgument: another form; otherwise as reading the file fails, naming it.
Result<std::vector<InputValue>> read_input_values(std::span<const std::string> words);

/// The value of the input of that name among `inputs`; one without a name is that of an only input.
/// nullptr where there is none.
const InputValue* find_input_value(std::span<const InputValue> values, std::string_view name,
                                   std::size_t inputs);

/// The value as a tensor of that input: numbers of another type are converted where nothing but
/// precision is lost. kInvalidArgument: another shape, a number that the type does not hold.
/// Precondition: no dimension of `spec` is free.
Result<Tensor> input_tensor(const InputValue& value, const TensorSpec& spec);

}  // namespace layerwatt
