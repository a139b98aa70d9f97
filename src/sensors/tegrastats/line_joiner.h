#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/sensors/tegrastats_line.h"

namespace layerwatt {

/// Puts the lines of a log back together as tegrastats printed them: a terminal or an issue tracker
/// breaks them, and a missing newline glues two into one. Whatever belongs to none is dropped and
/// counted, never guessed at.
class LineJoiner {
 public:
  /// Gets each line with the number of the file's line on which it began; its names are views that
  /// hold until the call returns.
  using Sink = std::function<void(const TegrastatsLine& line, std::int64_t file_line)>;

  explicit LineJoiner(Sink sink) : sink_(std::move(sink)) {}

  /// The file's next line, without its newline.
  void add(std::string_view text);
  /// After the last.
  void finish();

  std::int64_t file_lines() const { return file_line_; }
  /// Lines of the file that went on from the one before.
  std::int64_t joined() const { return joined_; }
  /// Lines of tegrastats that stood behind another in one line of the file.
  std::int64_t glued() const { return glued_; }
  /// Lines of the file, or parts of one, that are in no line of tegrastats, and the first of them.
  std::int64_t dropped() const { return dropped_; }
  std::int64_t first_dropped() const { return first_dropped_; }
  const std::string& first_dropped_text() const { return first_dropped_text_; }

 private:
  void begin(std::string_view text, bool is_date_alone);
  bool goes_on_with(std::string_view piece);
  void settle();
  void flush();
  void drop(std::string_view text, std::int64_t file_line);

  Sink sink_;
  TegrastatsLine line_;
  /// A line of the file that begins no line of tegrastats.
  struct Piece {
    std::string text;
    std::int64_t file_line = 0;
  };

  /// The line that may still go on, where it began, and what may belong to it.
  std::string open_;
  std::int64_t open_line_ = 0;
  std::vector<Piece> pieces_;
  bool has_date_alone_ = false;
  std::int64_t file_line_ = 0;
  std::int64_t joined_ = 0;
  std::int64_t glued_ = 0;
  std::int64_t dropped_ = 0;
  std::int64_t first_dropped_ = 0;
  std::string first_dropped_text_;
};

/// Where a line of tegrastats begins in a text: at its date, or at "RAM 3679/…" where none stands
/// before it, with the "<seconds>::" of a recording program; and what follows date and RAM.
struct LineBegin {
  std::size_t begin = std::string_view::npos;
  std::size_t behind = std::string_view::npos;
};

/// The first at `from` or behind it; npos where there is none.
LineBegin find_line_begin(std::string_view text, std::size_t from = 0);

}  // namespace layerwatt
