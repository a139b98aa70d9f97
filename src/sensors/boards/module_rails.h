#pragma once

#include <vector>

#include "layerwatt/sensors/board_table.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// A carrier board, an overlay or `new_device` may add a chip that labels a channel as the module's
/// own chip does. Which of equal names is the module's is told by the chip's address and by how
/// many of the board's rails it has; the others lose what the table says of the name, and are
/// called "VDD_IN@1-0041 channel 1". Where nothing tells, all do.
void tell_module_rails(const KnownBoard& known, std::vector<ProbedSensor>& sensors);

}  // namespace layerwatt
