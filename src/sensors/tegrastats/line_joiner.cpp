#include "sensors/tegrastats/line_joiner.h"

#include <algorithm>

namespace layerwatt {
namespace {

/// No line of any release comes near; a longer one is something else.
constexpr std::size_t kLongestLine = 8192;
/// A line in more pieces is none.
constexpr std::size_t kMostPieces = 40;
constexpr std::size_t kExcerpt = 60;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Whether `text` has the form of `pattern`, in which 0 stands for any digit, at `at`.
bool has_form(std::string_view text, std::size_t at, std::string_view pattern) {
  if (text.size() - at < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[at + i];
    if (pattern[i] == '0' ? !is_digit(c) : c != pattern[i]) return false;
  }
  return true;
}

constexpr std::string_view kDate = "00-00-0000";
constexpr std::string_view kTime = "00:00:00";

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

/// Behind "06-25-2025 09:41:10", or behind a date at the end of a line that was broken there; 0
/// where none stands at `at`.
std::size_t behind_date(std::string_view text, std::size_t at) {
  if (!has_form(text, at, kDate)) return 0;
  const std::size_t date_end = at + kDate.size();
  const std::size_t next = skip_blanks(text, date_end);
  if (next == text.size()) return next;
  if (next == date_end || !has_form(text, next, kTime)) return 0;
  return next + kTime.size();
}

/// "RAM 3679/", or RAM at the end of a broken line; never the end of "IRAM".
bool is_memory(std::string_view text, std::size_t at) {
  if (text.substr(at, 3) != "RAM") return false;
  if (at > 0 && (text[at - 1] == 'I' || text[at - 1] == '_')) return false;
  const std::size_t next = skip_blanks(text, at + 3);
  return next == text.size() || (next > at + 3 && is_digit(text[next]));
}

/// Back over "12.345::" in front of a line.
std::size_t before_prefix(std::string_view text, std::size_t at, std::size_t from) {
  if (at < from + 2 || text.substr(at - 2, 2) != "::") return at;
  std::size_t begin = at - 2;
  while (begin > from && (is_digit(text[begin - 1]) || text[begin - 1] == '.')) --begin;
  return begin;
}

/// How much of a text is a line of tegrastats.
struct Fit {
  int fields = 0;
  /// Words that are none, one name at the end aside, whose value may follow.
  int strange = 0;
};

Fit fit_of(std::string_view text, TegrastatsLine& line) {
  parse_tegrastats_line(text, line);
  Fit fit;
  fit.fields = static_cast<int>(line.engines.size() + line.temperatures.size() + line.power.size() +
                                line.cpu.size());
  fit.fields += (line.ram ? 1 : 0) + (line.swap ? 1 : 0) + (line.iram ? 1 : 0) +
                (line.mts ? 1 : 0) + (line.stamp ? 1 : 0);
  fit.strange = line.skipped_words - (line.ends_in_a_name ? 1 : 0);
  return fit;
}

bool is_better(const Fit& a, const Fit& b) {
  return a.strange != b.strange ? a.strange < b.strange : a.fields > b.fields;
}

/// Two pieces of a line that was broken at a blank, or within a word.
std::string join_piece(const std::string& text, std::string_view piece, TegrastatsLine& line) {
  std::string spaced = text + ' ';
  spaced += piece;
  std::string tight = text;
  tight += piece;
  const Fit with_blank = fit_of(spaced, line);
  return is_better(fit_of(tight, line), with_blank) ? tight : spaced;
}

/// Whether what was added is more of a line of tegrastats than of something else.
bool is_worth(const Fit& with, const Fit& without) {
  const int gained = with.fields - without.fields;
  return gained > 0 && gained > with.strange - without.strange;
}

}  // namespace

LineBegin find_line_begin(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == 'R' && is_memory(text, i)) return {before_prefix(text, i, from), i + 3};
    if (!is_digit(text[i])) continue;
    const std::size_t date_end = behind_date(text, i);
    if (date_end == 0) continue;
    const std::size_t memory = skip_blanks(text, date_end);
    const bool has_memory = memory < text.size() && is_memory(text, memory);
    return {before_prefix(text, i, from), has_memory ? memory + 3 : date_end};
  }
  return {};
}

void LineJoiner::add(std::string_view text) {
  ++file_line_;
  if (const std::size_t nul = text.rfind('\0'); nul != std::string_view::npos) {
    // A power failure leaves a block of them; what follows may be a whole line again.
    flush();
    const std::string_view behind = text.substr(nul + 1);
    if (find_line_begin(behind).begin != 0) return drop(text, file_line_);
    drop(text.substr(0, nul), file_line_);
    text = behind;
  }
  text = trimmed(text);
  if (text.empty()) return;
  LineBegin at = find_line_begin(text);
  if (at.begin == std::string_view::npos) {
    if (open_.empty()) return drop(text, file_line_);
    pieces_.push_back({std::string(text), file_line_});
    if (pieces_.size() >= kMostPieces) flush();
    return;
  }
  // Words in front of a line are the end of the one before, or what a logger put there.
  bool is_glued = false;
  if (at.begin > 0) {
    settle();
    is_glued = goes_on_with(trimmed(text.substr(0, at.begin)));
  }
  while (at.begin < text.size()) {
    const LineBegin next = find_line_begin(text, at.behind);
    if (is_glued) ++glued_;
    is_glued = true;
    begin(trimmed(text.substr(at.begin, std::min(next.begin, text.size()) - at.begin)),
          at.behind == text.size());
    at = next;
  }
}

void LineJoiner::begin(std::string_view text, bool is_date_alone) {
  if (has_date_alone_ && pieces_.empty() && text.substr(0, 3) == "RAM") {
    open_ += ' ';
    open_ += text;
    has_date_alone_ = false;
    ++joined_;
    return;
  }
  flush();
  if (text.size() > kLongestLine) return drop(text, file_line_);
  open_ = text;
  open_line_ = file_line_;
  has_date_alone_ = is_date_alone && text.find("RAM") == std::string_view::npos;
}

bool LineJoiner::goes_on_with(std::string_view piece) {
  if (piece.empty() || open_.empty() || open_.size() + piece.size() >= kLongestLine) return false;
  const Fit without = fit_of(open_, line_);
  std::string with_piece = join_piece(open_, piece, line_);
  if (!is_worth(fit_of(with_piece, line_), without)) return false;
  open_ = std::move(with_piece);
  ++joined_;
  return true;
}

/// All pieces together, because one may end within a field that the next completes; else each that
/// makes sense by itself.
void LineJoiner::settle() {
  if (pieces_.empty()) return;
  const std::vector<Piece> pieces = std::exchange(pieces_, {});
  std::string whole = open_;
  for (const Piece& piece : pieces) {
    if (whole.size() + piece.text.size() >= kLongestLine) break;
    whole = join_piece(whole, piece.text, line_);
  }
  if (is_worth(fit_of(whole, line_), fit_of(open_, line_))) {
    open_ = std::move(whole);
    joined_ += static_cast<std::int64_t>(pieces.size());
    return;
  }
  for (const Piece& piece : pieces) {
    if (!goes_on_with(piece.text)) drop(piece.text, piece.file_line);
  }
}

void LineJoiner::finish() { flush(); }

void LineJoiner::flush() {
  if (open_.empty()) return;
  settle();
  if (parse_tegrastats_line(open_, line_)) {
    sink_(line_, open_line_);
  } else {
    drop(open_, open_line_);
  }
  open_.clear();
  has_date_alone_ = false;
}

void LineJoiner::drop(std::string_view text, std::int64_t file_line) {
  if (dropped_++ > 0) return;
  first_dropped_ = file_line;
  for (const char c : text.substr(0, kExcerpt)) {
    first_dropped_text_ += (c < 0x20 || c > 0x7E) ? '?' : c;
  }
  if (text.size() > kExcerpt) first_dropped_text_ += "...";
}

}  // namespace layerwatt
