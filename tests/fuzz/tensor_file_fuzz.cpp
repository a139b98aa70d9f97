#include <cstddef>
#include <cstdint>

#include "layerwatt/models/tensor_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto tensor =
      layerwatt::parse_tensor_file({reinterpret_cast<const std::byte*>(data), size}, "fuzz");
  if (!tensor) return 0;
  for (const std::int64_t dimension : tensor->dimensions) {
    if (dimension < 0) __builtin_trap();
  }
  return 0;
}
