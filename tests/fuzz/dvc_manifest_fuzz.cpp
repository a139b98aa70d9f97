#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "versioning/dvc/manifest.h"

/// What is accepted is written so that it reads back as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt::versioning;
  const auto manifest = parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  const std::string bytes = manifest->to_bytes();
  const auto again = parse_manifest(bytes);
  if (!again || again->to_bytes() != bytes) std::abort();
  return 0;
}
