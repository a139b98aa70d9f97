#pragma once

#include <map>
#include <string>

#include "layerwatt/dataset/run_file.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What a reader of a measurement must know of the machine, name to text: board, module, L4T,
/// JetPack, CPU, kernel, governor, power mode, layerwatt's version. What cannot be read is left
/// out.
std::map<std::string, std::string> read_environment(const SystemRoot& root, const Board& board);

/// Temperatures of all thermal zones that answer, and clocks of CPUs, GPU and memory.
MachineState read_machine_state(const SystemRoot& root);

}  // namespace layerwatt
