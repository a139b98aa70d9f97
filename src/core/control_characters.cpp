#include "core/control_characters.h"

#include <fmt/format.h>

namespace layerwatt {

std::string escape_control_characters(std::string_view text) {
  std::string escaped;
  std::size_t copied = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (in_string && static_cast<unsigned char>(c) < 0x20) {
      escaped.append(text.substr(copied, i - copied));
      escaped += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      copied = i + 1;
    }
  }
  escaped.append(text.substr(copied));
  return escaped;
}

}  // namespace layerwatt
