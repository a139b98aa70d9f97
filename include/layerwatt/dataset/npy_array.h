#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// A plain array of numbers, as numpy.save() writes it.
struct NpyArray {
  /// NumPy's name of the type ("float32", "int64", "bool").
  std::string type;
  std::vector<std::int64_t> dimensions;
  /// Row-major, little-endian.
  std::vector<std::byte> data;
};

/// Parses the bytes of a .npy file, versions 1 to 3; arrays in Fortran's order are turned into
/// C's. kParse: not such a file, or cut off; kUnsupported: objects, text, records, complex or
/// big-endian numbers.
Result<NpyArray> parse_npy_array(std::span<const std::byte> bytes);

/// The arrays of a .npz file, as numpy.savez() writes it, with their names. kUnsupported: one that
/// numpy.savez_compressed() packed.
Result<std::vector<std::pair<std::string, NpyArray>>> parse_npz(std::span<const std::byte> bytes);

}  // namespace layerwatt
