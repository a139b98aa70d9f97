#include "layerwatt/recording/line_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <utility>
#include <vector>

namespace layerwatt {

struct LinePattern::Compiled {
  std::regex expression;
  /// Name of each group from the first; empty where it has none.
  std::vector<std::string> names;
  bool has_names = false;
};

namespace {

bool is_of_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The same expression with its named groups made plain ones, which is what std::regex knows.
struct Plain {
  std::string expression;
  std::vector<std::string> names;
};

Error wrong(std::string_view expression, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("--mark '{}': {}", expression, why));
}

/// Where a named group's name begins, if one begins at `i`.
std::optional<std::size_t> name_at(std::string_view text, std::size_t i) {
  const std::string_view rest = text.substr(i);
  if (rest.starts_with("(?P<")) return i + 4;
  const bool is_name =
      rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!");
  if (is_name) return i + 3;
  return std::nullopt;
}

Result<Plain> without_names(std::string_view expression) {
  Plain plain;
  bool in_class = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      plain.expression += c;
      plain.expression += expression[++i];
      continue;
    }
    if (in_class || c != '(') {
      if (c == '[') in_class = true;
      if (c == ']') in_class = false;
      plain.expression += c;
      continue;
    }
    plain.expression += '(';
    const auto name = name_at(expression, i);
    if (name) {
      const std::size_t close = std::min(expression.find('>', *name), expression.size());
      const std::string_view word = expression.substr(*name, close - *name);
      if (close == expression.size() || word.empty() || !std::ranges::all_of(word, is_of_a_name)) {
        return wrong(expression,
                     fmt::format("the name of the group at character {} is to be letters, digits "
                                 "and _, between < and >",
                                 i + 1));
      }
      plain.names.emplace_back(word);
      i = close;
    } else if (i + 1 >= expression.size() || expression[i + 1] != '?') {
      plain.names.emplace_back();
    }
  }
  return plain;
}

std::string_view reason_of(std::regex_constants::error_type code) {
  namespace rc = std::regex_constants;
  if (code == rc::error_paren)
    return "a parenthesis is not closed, or nothing stands before *, + or ?";
  if (code == rc::error_brack) return "a [ is not closed";
  if (code == rc::error_brace || code == rc::error_badbrace)
    return "a { is not closed, or no count";
  if (code == rc::error_badrepeat) return "there is nothing before *, + or ? to be repeated";
  if (code == rc::error_escape) return "a \\ stands before what cannot be escaped";
  if (code == rc::error_range) return "a range in [ ] ends before it begins";
  if (code == rc::error_backref) return "\\1 and the like are not supported";
  if (code == rc::error_complexity || code == rc::error_stack || code == rc::error_space) {
    return "it is too large";
  }
  return "it is no regular expression of ECMAScript's form";
}

}  // namespace

Result<LinePattern> LinePattern::compile(std::string_view expression) {
  constexpr std::size_t kLongestExpression = 4096;
  if (expression.empty()) return wrong(expression, "it is empty, and would match every line");
  if (expression.size() > kLongestExpression)
    return wrong("…", "it is longer than 4096 characters");
  auto plain = without_names(expression);
  if (!plain) return std::move(plain).error();
  auto compiled = std::make_shared<Compiled>();
  compiled->names = std::move(plain->names);
  compiled->has_names =
      std::ranges::any_of(compiled->names, [](const std::string& name) { return !name.empty(); });
  try {
    // Polynomial: no expression takes for ever on any line, nor the stack's end.
    compiled->expression.assign(plain->expression, std::regex::ECMAScript | std::regex::optimize |
                                                       std::regex_constants::__polynomial);
  } catch (const std::regex_error& error) {
    return wrong(expression, reason_of(error.code()));
  }
  LinePattern pattern;
  pattern.compiled_ = std::move(compiled);
  return pattern;
}

void LineMarks::add(Stream stream, std::string_view bytes, Instant at, RegionMarks& into) {
  std::string& kept = lines_[stream];
  while (!bytes.empty()) {
    // Bars of progress write over their line.
    const std::size_t end = bytes.find_first_of("\n\r");
    const std::string_view part = bytes.substr(0, end);
    kept.append(part.substr(0, kLongestLine - std::min(kept.size(), kLongestLine)));
    if (end == std::string_view::npos) return;
    line(kept, at, into);
    kept.clear();
    bytes.remove_prefix(end + 1);
  }
}

void LineMarks::finish(Instant at, RegionMarks& into) {
  for (std::string& kept : lines_) {
    line(kept, at, into);
    kept.clear();
  }
}

void LineMarks::line(std::string_view text, Instant at, RegionMarks& into) {
  const LinePattern::Compiled& pattern = *pattern_.compiled_;
  std::match_results<std::string_view::const_iterator> match;
  if (text.empty() || !std::regex_search(text.begin(), text.end(), match, pattern.expression)) {
    return;
  }
  const bool is_together = matched_ > 0 && at == last_match_;
  if (is_together) matched_together_ += last_is_counted_ ? 1 : 2;
  last_is_counted_ = is_together;
  last_match_ = at;
  ++matched_;
  const auto group = [&](std::size_t i) -> std::string_view {
    if (i >= match.size() || !match[i].matched) return {};
    return {match[i].first, static_cast<std::size_t>(match[i].length())};
  };
  if (!pattern.has_names) {
    const bool has_group = match.size() > 1 && match[1].matched;
    next_phase(has_group ? group(1) : group(0), at, into);
    return;
  }
  // What ends makes room for what begins in the same line.
  for (const bool ends : {true, false}) {
    for (std::size_t i = 0; i < pattern.names.size(); ++i) {
      const std::string& name = pattern.names[i];
      if (name.empty() || i + 1 >= match.size() || !match[i + 1].matched) continue;
      if (ends != (name == "end")) continue;
      if (name == "end") {
        end(group(i + 1), at, into);
      } else if (name == "begin") {
        begin(group(i + 1), at, into);
      } else {
        next_phase(name, at, into);
      }
    }
  }
}

void LineMarks::begin(std::string_view name, Instant at, RegionMarks& into) {
  const std::uint32_t region = into.index_of(name);
  into.marks.push_back({at, kPrintedLane, region, true});
  open_.push_back(region);
  begun_.insert(region);
}

void LineMarks::end(std::string_view name, Instant at, RegionMarks& into) {
  const std::uint32_t region = into.index_of(name);
  if (close(region, at, into)) return;
  // A word that has named no region ends the innermost; a region that is not open is told.
  if (begun_.count(region) == 0 && !open_.empty()) {
    close(open_.back(), at, into);
  } else {
    into.marks.push_back({at, kPrintedLane, region, false});
  }
}

bool LineMarks::close(std::uint32_t region, Instant at, RegionMarks& into) {
  const auto found = std::find(open_.rbegin(), open_.rend(), region);
  if (found == open_.rend()) return false;
  open_.erase(std::next(found).base());
  into.marks.push_back({at, kPrintedLane, region, false});
  return true;
}

void LineMarks::next_phase(std::string_view name, Instant at, RegionMarks& into) {
  if (phase_) close(*phase_, at, into);
  begin(name, at, into);
  phase_ = open_.back();
}

}  // namespace layerwatt
