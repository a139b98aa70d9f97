#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/trtexec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto profile = layerwatt::parse_trtexec_profile(text)) {
    if (profile->layers.empty() || profile->inferences <= 0) __builtin_trap();
  }
  if (const auto passes = layerwatt::parse_trtexec_times(text)) {
    if (passes->empty()) __builtin_trap();
  }
  return 0;
}
