#include "versioning/dvc/config_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace layerwatt::versioning {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// Without quotes, or up to a comment where there are none.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.empty()) return std::string();
  const char quote = text.front();
  if (quote == '"' || quote == '\'') {
    const std::size_t end = text.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = trimmed(text.substr(end + 1));
    if (!rest.empty() && rest.front() != '#') return std::nullopt;
    return std::string(text.substr(1, end - 1));
  }
  const std::size_t comment = text.find(" #");
  return std::string(trimmed(text.substr(0, comment)));
}

/// What stands in a line.
struct Line {
  enum class Kind { kNothing, kSection, kValue, kWrong };
  Kind kind = Kind::kNothing;
  std::string name;
  std::string value;
};

Line read_line(std::string_view raw) {
  const std::string_view text = trimmed(raw);
  if (text.empty() || text.front() == '#') return {};
  if (text.front() == '[') {
    // The last bracket before a comment: a quoted name may hold both.
    const std::size_t end = text.rfind(']');
    if (end == std::string_view::npos) return {Line::Kind::kWrong, "", ""};
    const auto name = unquoted(trimmed(text.substr(1, end - 1)));
    if (!name || name->empty()) return {Line::Kind::kWrong, "", ""};
    return {Line::Kind::kSection, *name, ""};
  }
  const std::size_t equals = text.find('=');
  const auto key = unquoted(trimmed(text.substr(0, std::min(equals, text.size()))));
  if (equals == std::string_view::npos || !key || key->empty()) return {Line::Kind::kWrong, "", ""};
  const auto value = unquoted(trimmed(text.substr(equals + 1)));
  if (!value) return {Line::Kind::kWrong, "", ""};
  return {Line::Kind::kValue, lower(*key), *value};
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

/// As ConfigObj writes it.
std::string quoted(std::string_view text) {
  const bool is_plain = !text.empty() && text == trimmed(text) &&
                        text.find_first_of("'\"#,") == std::string_view::npos;
  if (is_plain) return std::string(text);
  const char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
  return fmt::format("{}{}{}", quote, text, quote);
}

std::string header_of(std::string_view section) {
  return section.find('"') == std::string_view::npos ? fmt::format("[{}]", section)
                                                     : fmt::format("['{}']", section);
}

/// The lines of a section: its header, and one past its last line.
std::optional<std::pair<std::size_t, std::size_t>> find_section(
    const std::vector<std::string>& lines, std::string_view section) {
  std::optional<std::size_t> begin;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line line = read_line(lines[i]);
    if (line.kind != Line::Kind::kSection) continue;
    if (begin) return std::pair(*begin, i);
    if (line.name == section) begin = i;
  }
  if (!begin) return std::nullopt;
  return std::pair(*begin, lines.size());
}

std::vector<std::string>::iterator at(std::vector<std::string>& lines, std::size_t i) {
  return lines.begin() + static_cast<std::ptrdiff_t>(i);
}

}  // namespace

Result<ConfigSections> parse_config(std::string_view text) {
  ConfigSections sections;
  std::optional<std::string> current;
  long number = 0;
  for (const std::string& raw : lines_of(text)) {
    ++number;
    const Line line = read_line(raw);
    if (line.kind == Line::Kind::kNothing) continue;
    if (line.kind == Line::Kind::kSection) {
      current = line.name;
      sections[*current];
      continue;
    }
    if (line.kind == Line::Kind::kWrong || !current) {
      return Error(ErrorCode::kParse,
                   "expected '[section]' or 'key = value' of DVC's configuration")
          .at("", number);
    }
    sections[*current][line.name] = line.value;
  }
  return sections;
}

std::string with_config_value(std::string_view text, std::string_view section, std::string_view key,
                              std::string_view value) {
  std::vector<std::string> lines = lines_of(text);
  const std::string wanted = fmt::format("    {} = {}", key, quoted(value));
  const auto place = find_section(lines, section);
  if (!place) {
    const std::size_t where = section == "core" ? 0 : lines.size();
    lines.insert(at(lines, where), {header_of(section), wanted});
    return joined(lines);
  }
  std::size_t last = place->first;
  for (std::size_t i = place->first + 1; i < place->second; ++i) {
    const Line line = read_line(lines[i]);
    if (line.kind == Line::Kind::kValue && line.name == key) {
      lines[i] = wanted;
      return joined(lines);
    }
    if (line.kind == Line::Kind::kValue) last = i;
  }
  lines.insert(at(lines, last + 1), wanted);
  return joined(lines);
}

std::string without_config_section(std::string_view text, std::string_view section) {
  std::vector<std::string> lines = lines_of(text);
  if (const auto place = find_section(lines, section)) {
    lines.erase(at(lines, place->first), at(lines, place->second));
  }
  return joined(lines);
}

std::string without_config_value(std::string_view text, std::string_view section,
                                 std::string_view key) {
  std::vector<std::string> lines = lines_of(text);
  const auto place = find_section(lines, section);
  for (std::size_t i = place ? place->first + 1 : 0; place && i < place->second; ++i) {
    const Line line = read_line(lines[i]);
    if (line.kind != Line::Kind::kValue || line.name != key) continue;
    lines.erase(at(lines, i));
    break;
  }
  return joined(lines);
}

std::string remote_section(std::string_view name) { return fmt::format("remote \"{}\"", name); }

}  // namespace layerwatt::versioning
