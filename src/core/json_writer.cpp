#include "core/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "layerwatt/core/numbers.h"

#include "core/utf8.h"

namespace layerwatt {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_sequence(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out += '"';
}

}  // namespace

struct JsonWriter::State {
  struct Level {
    bool is_object;
    bool empty = true;
  };
  std::ostream& out;
  Style style;
  std::vector<Level> levels;
  bool key_pending = false;
  std::string buffer;
};

JsonWriter::JsonWriter(std::ostream& out, Style style)
    : state_(std::make_unique<State>(State{out, style, {}, false, {}})) {}

JsonWriter::~JsonWriter() = default;

void JsonWriter::newline() {
  if (state_->style == Style::kCompact) return;
  state_->out << '\n';
  for (std::size_t i = 0; i < state_->levels.size(); ++i) state_->out << "    ";
}

void JsonWriter::separate() {
  if (state_->key_pending) {
    state_->key_pending = false;
    return;
  }
  if (state_->levels.empty()) return;
  State::Level& level = state_->levels.back();
  if (level.is_object) std::abort();
  if (!level.empty) state_->out << ',';
  level.empty = false;
  newline();
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  state_->out << '{';
  state_->levels.push_back({true});
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  state_->out << '[';
  state_->levels.push_back({false});
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  if (state_->levels.empty() || !state_->levels.back().is_object || state_->key_pending)
    std::abort();
  const bool empty = state_->levels.back().empty;
  state_->levels.pop_back();
  if (!empty) newline();
  state_->out << '}';
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  if (state_->levels.empty() || state_->levels.back().is_object) std::abort();
  const bool empty = state_->levels.back().empty;
  state_->levels.pop_back();
  if (!empty) newline();
  state_->out << ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  if (state_->levels.empty() || !state_->levels.back().is_object || state_->key_pending)
    std::abort();
  State::Level& level = state_->levels.back();
  if (!level.empty) state_->out << ',';
  level.empty = false;
  newline();
  state_->buffer.clear();
  append_quoted(state_->buffer, name);
  state_->out << state_->buffer << (state_->style == Style::kCompact ? ":" : ": ");
  state_->key_pending = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  state_->buffer.clear();
  append_quoted(state_->buffer, text);
  state_->out << state_->buffer;
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) {
  separate();
  state_->out << (flag ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  state_->out << fmt::format_int(number).c_str();
  return *this;
}

JsonWriter& JsonWriter::value(std::uint64_t number) {
  separate();
  state_->out << fmt::format_int(number).c_str();
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  state_->out << format_shortest(number);
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  state_->out << "null";
  return *this;
}

JsonWriter& JsonWriter::number_text(std::string_view number) {
  separate();
  state_->out << number;
  return *this;
}

}  // namespace layerwatt
