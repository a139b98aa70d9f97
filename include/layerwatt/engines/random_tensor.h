#pragma once

#include <cstdint>

#include "layerwatt/core/result.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// Integers from `low` to `high`.
struct IntegerRange {
  std::int64_t low = 0;
  std::int64_t high = 9;
};

/// A tensor of random values for an input, the same on every machine for the same seed and name.
/// Floating-point values have mean 0 and standard deviation 1, as normalised images have; integers
/// are from 0 to 9 if nothing else is said, so that they are valid as indices of all but the
/// smallest tables; booleans are fair. Values matter: zeros or one constant draw less power than
/// real data. kInvalidArgument: a dimension that is free (−1), or more than 2^31 elements.
Result<Tensor> random_tensor(const TensorSpec& spec, std::uint64_t seed,
                             const IntegerRange& integers = {});

}  // namespace layerwatt
