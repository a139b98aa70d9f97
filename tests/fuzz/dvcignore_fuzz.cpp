#include <cstddef>
#include <cstdint>
#include <string_view>

#include "versioning/dvc/ignore_patterns.h"

/// The first line is a path, the rest are patterns.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt::versioning;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end > 40 || size > 400) return 0;
  (void)IgnorePatterns(text.substr(end + 1)).judge(text.substr(0, end), true);
  return 0;
}
