#pragma once

#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// Recognises the board below `root`, probes the sensor table and chooses totals: by the table of
/// boards (docs/sensors/boards.md), else a single rail named VDD_IN, POM_5V_IN or VIN, else none. A
/// device tree whose model begins with "virtual " is that of a simulated board. With `sensor`, that
/// row of the table alone; kNotFound where there is none of that name.
Result<Board> detect_board(const SystemRoot& root, std::string_view sensor = {});

}  // namespace layerwatt
