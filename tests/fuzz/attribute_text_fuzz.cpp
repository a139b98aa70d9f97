#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sensors/attributes/attribute_folder.h"
#include "sensors/attributes/attribute_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view trimmed = layerwatt::trimmed_attribute(text);
  // What surrounds a number does not change it.
  if (layerwatt::parse_attribute_number(text) != layerwatt::parse_attribute_number(trimmed)) {
    std::abort();
  }
  if (const auto number = layerwatt::parse_attribute_number(text)) {
    if (layerwatt::parse_attribute_number(std::to_string(*number) + " ms\n") != number)
      std::abort();
  }
  const auto name = layerwatt::parse_rail_name(text);
  if (name && name->empty()) std::abort();
  // A strict order: at most one way round.
  const std::string_view left = text.substr(0, size / 2);
  const std::string_view right = text.substr(size / 2);
  if (layerwatt::natural_less(left, right) && layerwatt::natural_less(right, left)) std::abort();
  if (layerwatt::natural_less(text, text)) std::abort();
  return 0;
}
