#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Whether the word is a number, true or false.
bool is_number(std::string_view word);

/// One element of the type. kInvalidArgument: no number, or one that the type does not hold.
Result<void> append_number(std::string_view word, DataType type, std::vector<std::byte>& data);

/// The elements of a tensor as another type. kInvalidArgument names the first that the type does
/// not hold: a fraction for whole numbers, or one out of range. Floating-point numbers are rounded.
Result<void> append_converted(const Tensor& from, DataType type, std::vector<std::byte>& data);

}  // namespace layerwatt
