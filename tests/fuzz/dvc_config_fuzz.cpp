#include <cstddef>
#include <cstdint>
#include <string_view>

#include "versioning/dvc/config_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt::versioning;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_config(text);
  (void)parse_config(with_config_value(text, remote_section("x"), "url", "y"));
  (void)without_config_section(text, "core");
  return 0;
}
