#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/recording/region_marks.h"

namespace layerwatt {

/// Which lines that a program prints begin and end regions: a regular expression (ECMAScript, with
/// named groups `(?<name>…)` or `(?P<name>…)`), searched for in each line.
///
/// - What the group `begin` matched names a region that begins, inside those that are open.
/// - What the group `end` matched names a region that ends; where it is no region's name ("done"),
///   the innermost ends.
/// - Any other named group that matched begins the region of its own name, and ends the one that
///   such a group began before: phases that follow each other.
/// - Without named groups, the first group (else the whole match) names such a phase.
class LinePattern {
 public:
  /// kInvalidArgument, with the place and the reason, where it is no such expression.
  static Result<LinePattern> compile(std::string_view expression);

 private:
  friend class LineMarks;
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

/// Looks for marks in what one program prints. Bytes that are no text do no harm: only the first
/// kLongestLine of a line are looked at, and empty lines not at all.
class LineMarks {
 public:
  static constexpr std::size_t kLongestLine = 1024;
  enum Stream { kOutput, kErrors };

  explicit LineMarks(LinePattern pattern) : pattern_(std::move(pattern)) {}

  /// Bytes that arrived at `at`; marks go to `into`, in the lane kPrintedLane.
  void add(Stream stream, std::string_view bytes, Instant at, RegionMarks& into);
  /// The program is over: what has no end of line is a line.
  void finish(Instant at, RegionMarks& into);

  /// Lines that matched, and those of them that came at one instant with another: the program holds
  /// its output back, and they say nothing of when.
  std::size_t matched() const { return matched_; }
  std::size_t matched_together() const { return matched_together_; }

 private:
  void line(std::string_view text, Instant at, RegionMarks& into);
  void begin(std::string_view name, Instant at, RegionMarks& into);
  void end(std::string_view name, Instant at, RegionMarks& into);
  bool close(std::uint32_t region, Instant at, RegionMarks& into);
  void next_phase(std::string_view name, Instant at, RegionMarks& into);

  LinePattern pattern_;
  std::array<std::string, 2> lines_;
  /// Open regions by index, the innermost last; the phase among them.
  std::vector<std::uint32_t> open_;
  std::optional<std::uint32_t> phase_;
  /// All that ever began.
  std::set<std::uint32_t> begun_;
  std::size_t matched_ = 0;
  std::size_t matched_together_ = 0;
  Instant last_match_;
  bool last_is_counted_ = false;
};

}  // namespace layerwatt
