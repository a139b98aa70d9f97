#pragma once

#include <ostream>

#include "layerwatt/report/text_table.h"
#include "layerwatt/sensors/tegrastats_log.h"

namespace layerwatt {

/// What a log of tegrastats holds: rails with their mean over time, least and greatest power; lines
/// a second; highest temperatures; what was dropped, and how well the times of lines are known.
void print_tegrastats_summary(std::ostream& out, const TegrastatsLog& log, const TableStyle& style);

/// The same as one JSON object (docs/files.md).
void write_tegrastats_summary_json(std::ostream& out, const TegrastatsLog& log);

}  // namespace layerwatt
