#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace layerwatt {

/// Reads one word from its front; a take that fails leaves the position as it was.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  const char* position() const { return at_; }
  void rewind(const char* position) { at_ = position; }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size()) return false;
    if (std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }
  /// At most 15 digits, which no field comes near and no int64 overflows at.
  bool take_unsigned(std::int64_t& value) {
    const char* p = at_;
    std::int64_t v = 0;
    while (p != end_ && is_digit(*p) && p - at_ < 16) v = v * 10 + (*p++ - '0');
    if (p == at_ || p - at_ > 15) return false;
    at_ = p;
    value = v;
    return true;
  }
  bool take_int(int& value) {
    const char* start = at_;
    std::int64_t wide = 0;
    if (!take_unsigned(wide) || wide > 999'999'999) {
      at_ = start;
      return false;
    }
    value = static_cast<int>(wide);
    return true;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  const char* at_;
  const char* end_;
};

}  // namespace layerwatt
