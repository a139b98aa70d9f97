#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// How a log's column of times is to be understood.
enum class LogClock {
  kStamp,    ///< date and time of day: "2025-01-28 13:37:00.123", "2025/01/28 …", ISO 8601
  kUnix,     ///< since 1970 in UTC, taken to this machine's local time
  kRelative  ///< since the log's own begin
};

/// A column by name, or by number as "#3" (from 1), and what its numbers are multiplied by to give
/// seconds, volts, amperes or watts.
struct LogColumn {
  std::string name;
  double scale = 1.0;
};

/// Which columns of a table are what.
struct LogColumns {
  LogColumn time;
  LogClock clock = LogClock::kStamp;
  std::optional<LogColumn> voltage;
  std::optional<LogColumn> current;
  std::optional<LogColumn> power;
  /// Rows count whose column `only_column` holds `only_value`; empty: all.
  std::string only_column;
  std::string only_value;
};

/// "time=t:ms,power=P:mW", "time=timestamp:stamp,voltage=#2:V,current=#3:mA,only=index:0": the unit
/// stands behind the last colon. Units: stamp, unix, s, ms, us, ns; V, mV, uV; A, mA, uA; W, mW,
/// uW, kW. `only` alone leaves the columns to the log's own kind. kInvalidArgument says which part
/// is wrong.
Result<LogColumns> parse_log_columns(std::string_view text);

}  // namespace layerwatt
