#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engines/onnxruntime/onnxruntime_profile.h"

// Whatever the bytes, a profile that is read has layers in range, and within a pass nothing that
// overlaps or goes backwards.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile =
      layerwatt::parse_ort_profile(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!profile) return 0;
  const auto layers = static_cast<std::int32_t>(profile->layers.size());
  for (const auto& pass : profile->passes) {
    for (std::size_t i = 0; i < pass.size(); ++i) {
      if (pass[i].layer < 0 || pass[i].layer >= layers) __builtin_trap();
      if (pass[i].end < pass[i].start) __builtin_trap();
      if (i > 0 && pass[i].start < pass[i - 1].end) __builtin_trap();
    }
  }
  return 0;
}
