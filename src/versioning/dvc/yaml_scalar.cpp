#include "versioning/dvc/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>

namespace layerwatt::versioning {
namespace {

constexpr std::size_t kBestWidth = 80;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_of_set(std::string_view text, std::string_view set) {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text;
}

bool looks_like_integer(std::string_view text) {
  text = without_sign(text);
  if (text.starts_with("0b")) return all_of_set(text.substr(2), "01_");
  if (text.starts_with("0o")) return all_of_set(text.substr(2), "01234567_");
  if (text.starts_with("0x")) return all_of_set(text.substr(2), "0123456789abcdefABCDEF_");
  return all_of_set(text, "0123456789_") && text.front() != '_';
}

bool looks_like_float(std::string_view text) {
  text = without_sign(text);
  if (text == ".inf" || text == ".Inf" || text == ".INF") return true;
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  const std::size_t mark = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, mark);
  if (mark != std::string_view::npos &&
      !all_of_set(without_sign(text.substr(mark + 1)), "0123456789")) {
    return false;
  }
  return all_of_set(mantissa, "0123456789_.") && mantissa.find_first_of("0123456789") < 2 &&
         std::count(mantissa.begin(), mantissa.end(), '.') <= 1;
}

/// "2024-11-21", alone or with a time behind it.
bool looks_like_date(std::string_view text) {
  return text.size() >= 8 && std::all_of(text.begin(), text.begin() + 4, is_digit) &&
         text[4] == '-' && text.find_first_not_of("0123456789-:. tTzZ+") == std::string_view::npos;
}

bool reads_as_another_type(std::string_view text) {
  constexpr std::string_view kWords[] = {"~",    "null",  "Null",  "NULL",  "true", "True",
                                         "TRUE", "false", "False", "FALSE", "<<",   "="};
  return std::find(std::begin(kWords), std::end(kWords), text) != std::end(kWords) ||
         looks_like_integer(text) || looks_like_float(text) || looks_like_date(text);
}

bool is_plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("#,[]{}&*!|>'\"%@`").find(text.front()) != std::string_view::npos) {
    return false;
  }
  if (std::string_view("-?:").find(text.front()) != std::string_view::npos &&
      (text.size() == 1 || text[1] == ' ')) {
    return false;
  }
  if (text.starts_with("---") || text.starts_with("...")) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
         !reads_as_another_type(text);
}

/// Control characters and what YAML takes as a line's end; they need escapes.
bool needs_escapes(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c == 0xC2 && next < 0xA0) return true;
    const std::string_view rest = text.substr(i, 3);
    if (rest == "\u2028" || rest == "\u2029" || rest == "\uFEFF") return true;
  }
  return false;
}

/// Bytes that no line of YAML may hold raw become \xNN of the character; the rest stays UTF-8.
std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::string_view three = text.substr(i, 3);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02X}", c);
    } else if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[++i]));
    } else if (three == "\u2028" || three == "\u2029") {
      out += three == "\u2028" ? "\\L" : "\\P";
      i += 2;
    } else if (three == "\uFEFF") {
      out += "\\uFEFF";
      i += 2;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + '"';
}

/// Breaks the line at single blanks beyond the best width.
std::string folded(std::string_view text, std::size_t column) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_single_blank =
        text[i] == ' ' && i > 0 && i + 1 < text.size() && text[i - 1] != ' ' && text[i + 1] != ' ';
    if (is_single_blank && column > kBestWidth) {
      out += "\n    ";
      column = 4;
      continue;
    }
    out += text[i];
    // Columns are characters; bytes 10xxxxxx go on with one.
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) ++column;
  }
  return out;
}

}  // namespace

std::string yaml_scalar(std::string_view text, std::size_t column) {
  if (needs_escapes(text)) return double_quoted(text);
  if (is_plain(text)) return folded(text, column);
  std::string doubled;
  for (const char c : text) {
    doubled += c;
    if (c == '\'') doubled += c;
  }
  return '\'' + folded(doubled, column + 1) + '\'';
}

}  // namespace layerwatt::versioning
