#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

namespace layerwatt {

/// Writes JSON as a stream, with numbers as numbers.h lays them out, four blanks of indentation as
/// Python's json.dump(indent=4) in the published files, and one line a small array where asked.
/// Invalid UTF-8 in strings becomes U+FFFD. Misuse (a value without a key in an object) aborts.
class JsonWriter {
 public:
  enum class Style { kIndented, kCompact };

  explicit JsonWriter(std::ostream& out, Style style = Style::kIndented);
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(int number) { return value(static_cast<std::int64_t>(number)); }
  /// NaN and infinity, which JSON cannot hold, become null.
  JsonWriter& value(double number);
  JsonWriter& null();
  /// A number that the caller has laid out, digit by digit. Precondition: it is one in JSON.
  JsonWriter& number_text(std::string_view number);

  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }

 private:
  struct State;
  void separate();
  void newline();
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
