#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/dataset/log_columns.h"

namespace layerwatt {

/// One row of the table of logs that are known by their header.
struct LogFormat {
  std::string_view name;
  std::string_view time;
  LogClock clock = LogClock::kStamp;
  /// Names of the column of power by version, the first that is there counts.
  std::vector<std::string_view> powers;
  /// To watts.
  double scale = 1.0;
  /// A column that tells several devices apart, where there is one.
  std::string_view device;
  /// What a sample's line begins with, and a column of that name in the header; empty: nothing.
  std::string_view marker_column;
  std::string_view marker;
};

/// The format whose time and power columns are all in `header`, or nullptr.
const LogFormat* find_log_format(const std::vector<std::string>& header);

/// Its columns.
LogColumns columns_of(const LogFormat& format, const std::vector<std::string>& header);

/// The names in the table, for messages.
std::string known_log_formats();

}  // namespace layerwatt
