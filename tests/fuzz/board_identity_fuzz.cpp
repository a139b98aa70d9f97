#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "layerwatt/sensors/board_table.h"

#include "sensors/boards/board_identity.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compatible = layerwatt::parse_compatible(text);
  for (const std::string& entry : compatible) {
    if (entry.empty() || entry.find('\0') != std::string::npos) std::abort();
  }
  layerwatt::find_board(layerwatt::module_of(compatible));
  layerwatt::soc_of(compatible);
  if (const auto release = layerwatt::parse_tegra_release(text)) layerwatt::jetpack_of(*release);
  layerwatt::jetpack_of(text);
  layerwatt::parse_kernel_release(text);
  return 0;
}
