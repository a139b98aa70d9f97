#pragma once

#include <chrono>
#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/sensors/tegrastats_times.h"

namespace layerwatt {

/// What a log of tegrastats holds, rail by rail.
struct TegrastatsLog {
  /// In the order of their first appearance; equal names are told apart as "NC", "NC#2". A rail has
  /// a sample for each line that names it. Instants count from the log's first line and never go
  /// back; `before` and `after` span the uncertainty of each line's time.
  std::vector<PowerTrace> traces;
  TegrastatsTimes times = TegrastatsTimes::kPrefix;
  /// Local time from which the instants count, where the log tells it: tegrastats' own stamp of the
  /// first line, with the fraction of a second that the prefix or the seconds behind it tell.
  std::optional<LocalTime> begin;
  /// Lines that tegrastats printed and that were read, however the file breaks them.
  std::int64_t lines = 0;
  /// Lines of the file that could not be: cut, with NUL bytes, of something else.
  std::int64_t dropped_lines = 0;
  /// What a reader must know, each a sentence: lines dropped, joined, taken apart; clocks that were
  /// set while the log was written; pauses.
  std::vector<std::string> notes;
  /// Highest temperature of each sensor, in °C, in order of appearance.
  std::vector<std::pair<std::string, double>> peak_celsius;
};

/// Reads a log or standard input to its end. `interval` is used where the lines carry no time, and
/// is an error to lack there; of a log within two seconds it tells how close its lines stand.
/// Errors: no line that is tegrastats' at all, or no rails in any (no root).
Result<TegrastatsLog> read_tegrastats_log(std::istream& in,
                                          std::optional<std::chrono::milliseconds> interval);

}  // namespace layerwatt
