#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace layerwatt {

/// An input stream for RapidJSON's reader over a text or a file of any size, which knows the line
/// that it is on. Ends with '\0', as RapidJSON asks for; a '\0' inside the input ends it too.
class JsonChunkStream {
 public:
  using Ch = char;

  explicit JsonChunkStream(std::string_view text)
      : begin_(text.data()), next_(text.data()), end_(text.data() + text.size()) {}
  /// Reads from an open descriptor, which stays the caller's.
  explicit JsonChunkStream(int fd);

  Ch Peek() const { return next_ == end_ ? '\0' : *next_; }
  Ch Take() {
    if (next_ == end_) return '\0';
    const char c = *next_++;
    if (next_ == end_) refill();
    return c;
  }
  std::size_t Tell() const { return consumed_ + static_cast<std::size_t>(next_ - begin_); }
  // RapidJSON wants these of every stream and calls them on writable ones alone.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  std::size_t PutEnd(Ch*) { return 0; }

  /// 1-based line of the next character.
  long line() const;
  bool at_end() const { return next_ == end_; }
  /// errno of a failed read, 0 without one.
  int read_error() const { return read_error_; }

 private:
  void refill();

  const char* begin_;
  const char* next_;
  const char* end_;
  std::size_t consumed_ = 0;  // bytes of earlier chunks
  long lines_before_ = 0;     // newlines of earlier chunks
  int fd_ = -1;
  int read_error_ = 0;
  std::vector<char> chunk_;
};

}  // namespace layerwatt
