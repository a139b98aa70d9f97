#pragma once

#include <ostream>
#include <vector>

#include "layerwatt/report/text_table.h"
#include "layerwatt/sensors/present_readings.h"

namespace layerwatt {

/// What the rails show now, in volts, amperes and watts, and the board's totals. A total that is
/// not above 0 W is remarked upon: no board that runs draws nothing.
void print_present_readings(std::ostream& out, const Board& board,
                            const std::vector<PresentReading>& readings, const TableStyle& style);

/// One JSON object on a line of its own (docs/files.md).
void write_present_readings_json(std::ostream& out, const Board& board,
                                 const std::vector<PresentReading>& readings);

}  // namespace layerwatt
