#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/sensors/tegrastats_times.h"

namespace layerwatt {

/// What one line of a log says of when it was printed.
struct LineTime {
  std::optional<double> prefix_seconds;
  std::optional<LocalTime> stamp;
  /// On which line of the file it began.
  std::int64_t file_line = 0;
};

/// When a line was printed, as an interval.
struct LineSpan {
  Instant before;
  Instant after;
};

/// When the lines of a log were printed, on one clock that never goes back.
struct PlacedLines {
  TegrastatsTimes times = TegrastatsTimes::kPrefix;
  /// Parallel to the lines; absent for the few that lack the time that the others have.
  std::vector<std::optional<LineSpan>> spans;
  /// Local time of Instant(), where the log tells it.
  std::optional<LocalTime> begin;
  /// Clocks that were set, gaps: each a sentence.
  std::vector<std::string> notes;
};

/// By the prefix where most lines have one, else by the stamp, else by `interval`. Where a clock
/// was set back or by an hour (summer time) or days while the log was written, the clock under
/// which most lines were printed stands for all, and the others are put before and behind it
/// without a gap. Lines of a whole second are spread evenly over it; those of a second in which the
/// log began, ended or paused stand as close as in the seconds between.
///
/// nullopt where the lines carry no time and there is no interval.
std::optional<PlacedLines> place_lines(const std::vector<LineTime>& lines,
                                       std::optional<std::chrono::milliseconds> interval);

}  // namespace layerwatt
