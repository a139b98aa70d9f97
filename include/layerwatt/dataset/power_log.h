#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// `<model>_power_log.log`: a line a sample, "YYYYMMDD-HH:MM:SS.ffffff,millivolts,milliamperes", in
/// the local time of the machine that recorded it.
struct PowerLog {
  std::vector<LocalTime> time;
  std::vector<double> millivolts;
  std::vector<double> milliamperes;
  /// The last line was cut off (the recorder was killed) and left out.
  bool last_line_cut = false;
  /// Lines whose voltage or current is beyond all readings (core/plausible.h); they were left out.
  std::int64_t implausible = 0;
  /// The first of them: its number from 1, and what it says.
  std::int64_t first_implausible = 0;
  std::string first_implausible_text;

  /// What was left out, a sentence each.
  std::vector<std::string> notes() const;

  std::size_t size() const { return time.size(); }
  /// Millivolts times milliamperes, the unit of the published files.
  double microwatts(std::size_t i) const { return millivolts[i] * milliamperes[i]; }
};

/// Takes a log in chunks of any size. Negative currents are legal (a board that feeds back, an
/// offset); equal stamps are too.
///
/// A reading beyond all that a log can hold is left out and counted; a log of nothing else is an
/// error. Errors are kParse with the 1-based line in the message, for a line that is not three
/// fields (cut off, or two writers in one file), a stamp that is no date, a number that is none
/// (NaN), and a stamp earlier than the one before it. Only the last line is special: without its
/// newline it is taken if it is whole, with as many decimals as the line before it, and else
/// counted as cut off.
class PowerLogParser {
 public:
  PowerLogParser();
  PowerLogParser(PowerLogParser&&) noexcept;
  ~PowerLogParser();

  Result<void> feed(std::string_view chunk);
  Result<PowerLog> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Reads a whole log. An empty log is kParse: something must have gone wrong in recording it.
Result<PowerLog> read_power_log(const std::filesystem::path& path);

/// The samples as a trace with local time taken as monotonic time (ClockMap::identity()), volts and
/// amperes kept; the instants before and after a read are equal, because the log has one.
PowerTrace to_power_trace(const PowerLog& log, Rail rail);

/// One line of a log, with the numbers as Python prints floats ("5000.0").
std::string format_power_log_line(LocalTime time, double millivolts, double milliamperes);

}  // namespace layerwatt
