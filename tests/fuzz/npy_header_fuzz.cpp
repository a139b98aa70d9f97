#include <cstddef>
#include <cstdint>

#include "layerwatt/dataset/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = layerwatt::parse_npy_header({reinterpret_cast<const std::byte*>(data), size});
  if (!header) return 0;
  std::size_t bytes = 0;
  for (const auto& column : header->columns) bytes += column.size;
  if (bytes != header->record_size || bytes == 0 || header->data_offset > size) __builtin_trap();
  return 0;
}
