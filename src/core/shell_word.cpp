#include "layerwatt/core/shell_word.h"

namespace layerwatt {

std::string shell_word(std::string_view word) {
  const bool is_plain =
      !word.empty() && word.find_first_of(" \t\n\"'\\$`*?[]{}()<>|&;!#~") == std::string_view::npos;
  if (is_plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace layerwatt
