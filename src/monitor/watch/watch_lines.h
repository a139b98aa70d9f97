#pragma once

#include <ostream>

#include "monitor/watch/watch_frame.h"

namespace layerwatt {

/// "12.0 s  4.60 W  55.2 J  VDD_IN 4.60 W, VDD_SOC 1.12 W", for people who pipe.
void write_line(const WatchFrame& frame, std::ostream& out);
/// One JSON object on a line; what is not known is null.
void write_json_line(const WatchFrame& frame, std::ostream& out);
/// Columns: time, total, and of each rail watts, volts, amperes, joules. Absent is empty.
void write_csv_header(const WatchFrame& frame, std::ostream& out);
void write_csv_row(const WatchFrame& frame, std::ostream& out);

}  // namespace layerwatt
