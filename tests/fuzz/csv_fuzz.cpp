#include <cstddef>
#include <cstdint>
#include <string_view>

#include "layerwatt/dataset/power_runtime_csv.h"

#include "dataset/text/csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)layerwatt::parse_power_runtime_csv(text, [](const layerwatt::PowerRuntimeRow&) {});
  const auto table = layerwatt::CsvTable::parse(text);
  if (!table) return 0;
  for (const auto& row : table->rows()) {
    if (row.size() != table->header().size()) __builtin_trap();
  }
  return 0;
}
