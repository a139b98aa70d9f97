#include "sensors/attributes/attribute_text.h"

#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

constexpr std::string_view kBlank{" \t\r\n\0", 5};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string_view trimmed_attribute(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<std::int64_t> parse_attribute_number(std::string_view text) {
  text = trimmed_attribute(text);
  const std::size_t start = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  std::size_t end = start;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == start) return std::nullopt;
  if (end < text.size() && kBlank.find(text[end]) == std::string_view::npos) return std::nullopt;
  return parse_int64(text.substr(0, end));
}

std::optional<std::string_view> parse_rail_name(std::string_view text) {
  text = trimmed_attribute(text);
  if (text.empty() || text == "(null)") return std::nullopt;
  return text;
}

}  // namespace layerwatt
