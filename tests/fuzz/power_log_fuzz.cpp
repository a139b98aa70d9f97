#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/power_log.h"

// The log is parsed whole and in two chunks; both must say the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  layerwatt::PowerLogParser whole;
  const auto fed = whole.feed(text);
  layerwatt::PowerLogParser halves;
  const auto first = halves.feed(text.substr(0, size / 2));
  const auto second = first ? halves.feed(text.substr(size / 2)) : first;
  if (fed.has_value() != second.has_value()) __builtin_trap();
  if (!fed) return 0;
  const auto a = whole.finish();
  const auto b = halves.finish();
  if (a.has_value() != b.has_value()) __builtin_trap();
  if (a && (a->size() != b->size() || a->last_line_cut != b->last_line_cut)) __builtin_trap();
  return 0;
}
