#include <cstddef>
#include <cstdint>

#include "layerwatt/dataset/npy_array.h"

namespace {

/// Data are as many as the dimensions say: a multiple of their product.
void check(const layerwatt::NpyArray& array) {
  std::size_t count = 1;
  for (const std::int64_t dimension : array.dimensions) {
    if (dimension < 0) __builtin_trap();
    count *= static_cast<std::size_t>(dimension);
  }
  if (count == 0 ? !array.data.empty() : array.data.size() % count != 0) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  if (const auto array = layerwatt::parse_npy_array(bytes)) check(*array);
  if (const auto arrays = layerwatt::parse_npz(bytes)) {
    for (const auto& [name, array] : *arrays) check(array);
  }
  return 0;
}
