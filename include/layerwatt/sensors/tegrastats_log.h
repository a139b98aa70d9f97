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

namespace layerwatt {

/// Where the times of a log's lines come from.
enum class TegrastatsTimes {
  kPrefix,    ///< "<seconds>::" that a recording program put before each line
  kStamp,     ///< tegrastats' own date and time, whole seconds: lines are spread evenly within each
  kInterval,  ///< no times in the log (JetPack 4): the interval that the caller names
};

/// What a log of tegrastats holds, rail by rail.
struct TegrastatsLog {
  /// In the order of their first appearance; equal names are told apart as "NC", "NC#2". A rail has
  /// a sample for each line that names it. Instants count from the log's first line; `before` and
  /// `after` span the uncertainty of each line's time.
  std::vector<PowerTrace> traces;
  TegrastatsTimes times = TegrastatsTimes::kPrefix;
  /// Local time of the first line where the log tells it: tegrastats' own stamp, with the fraction
  /// of a second that the prefix has.
  std::optional<LocalTime> begin;
  std::int64_t lines = 0;
  /// Cut lines and lines with NUL bytes.
  std::int64_t dropped_lines = 0;
  /// Highest temperature of each sensor, in °C, in order of appearance.
  std::vector<std::pair<std::string, double>> peak_celsius;
};

/// Reads a log or standard input to its end. `interval` is used where the lines carry no time, and
/// is an error to lack there. Errors: no line that is tegrastats' at all, or no rails in any (no
/// root).
Result<TegrastatsLog> read_tegrastats_log(std::istream& in,
                                          std::optional<std::chrono::milliseconds> interval);

}  // namespace layerwatt
