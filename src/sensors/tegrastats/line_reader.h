#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace layerwatt {

/// What became of waiting for a line.
enum class Arrived { kLine, kTimeout, kEnded };

/// Cuts what comes through a pipe into lines, without allocating. A line longer than the buffer
/// (real ones stay under 1 kB) is dropped whole.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  /// The next line, valid until the next call.
  Arrived next(std::chrono::milliseconds timeout, std::string_view& line) noexcept;
  /// Whether the last line had come together with the one before it: then the reader was late for
  /// one of them, and when it was printed is less certain.
  bool came_with_the_one_before() const { return together_; }
  /// Drops what waits in the pipe, and the rest of a line that began in it. A writer that waited
  /// for room has one more old line, which comes at once: the pipe counts as empty when nothing
  /// comes for some milliseconds.
  void skip_what_waits() noexcept;
  /// What stands there without a newline: the last words of a process that failed.
  std::string_view rest() const { return {buffer_.data(), filled_}; }

 private:
  void drop_last_line() noexcept;

  int fd_;
  std::array<char, 16384> buffer_;
  std::size_t filled_ = 0;
  std::size_t length_ = 0;
  bool has_line_ = false;
  bool together_ = false;
  /// What comes up to the next newline is the end of something dropped.
  bool skips_ = false;
};

}  // namespace layerwatt
