#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"

// What is read as a number or stamp must be written and read back as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace layerwatt;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto number = parse_double(text)) {
    const auto again = parse_double(format_shortest(*number));
    if (!again || *again != *number) __builtin_trap();
    (void)format_fixed(*number, 2);
    (void)format_significant(*number, 3);
    (void)format_si(*number, "W");
  }
  if (const auto number = parse_int64(text)) (void)format_grouped(*number);
  (void)parse_uint64(text);
  (void)parse_leading_int64(text);
  if (const auto stamp = parse_local_stamp(text)) {
    const auto again = parse_local_stamp(format_local_stamp(*stamp));
    const auto lost = again ? *stamp - *again : Duration(-1);
    if (lost < Duration(0) || lost >= Duration(1000)) __builtin_trap();
  }
  return 0;
}
