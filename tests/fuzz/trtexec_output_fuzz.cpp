#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/engines/tensorrt.h"
#include "layerwatt/engines/trtexec_program.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto version = layerwatt::parse_trtexec_banner(text)) {
    if (version->major < 1 || version->minor < 0 || version->patch < 0) __builtin_trap();
  }
  const std::string errors = layerwatt::tensorrt_errors(text);
  for (const char c : errors) {
    if (c != '\n' && static_cast<unsigned char>(c) < 0x20) __builtin_trap();
  }
  (void)layerwatt::tensorrt_advice(text);
  return 0;
}
