#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sensors/boards/own_boards.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto boards =
      layerwatt::parse_own_boards(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!boards) return 0;
  for (const layerwatt::OwnBoard& own : boards->boards) {
    if (own.board.title.empty()) __builtin_trap();
    for (const auto& total : own.board.totals) {
      if (total.rails.empty()) __builtin_trap();
    }
  }
  return 0;
}
