#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "core/json.h"
#include "core/json_writer.h"

// What JsonWriter writes of any bytes must read back, and a second trip must change nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)layerwatt::parse_json(text);

  const auto write = [](std::string_view value) {
    std::ostringstream out;
    layerwatt::JsonWriter(out).begin_array().value(value).end_array();
    return out.str();
  };
  const std::string first = write(text);
  const auto document = layerwatt::parse_json(first);
  if (!document) __builtin_trap();
  const auto& element = (*document)[0];
  if (write({element.GetString(), element.GetStringLength()}) != first) __builtin_trap();
  return 0;
}
