#pragma once

#include <map>
#include <optional>
#include <string>

#include "layerwatt/dataset/run_file.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What a reader of a measurement must know of the machine, name to text: board, module, L4T,
/// JetPack, CPU, kernel, governor, power mode, layerwatt's version. What cannot be read is left
/// out.
std::map<std::string, std::string> read_environment(const SystemRoot& root, const Board& board);

/// Whether processors and GPU are held at one frequency, as jetson_clocks does: "locked", or "not
/// locked: cpu0 (729.6 to 1510.4 MHz), …"; empty where nothing tells. read_environment() has it as
/// "clocks".
std::string read_clock_state(const SystemRoot& root);

/// What a person should know before measuring on a Jetson whose clocks are not locked; nullopt
/// where they are, where nothing tells, and on other machines.
std::optional<std::string> clock_warning(const SystemRoot& root, const Board& board);

/// Temperatures of all thermal zones that answer, and clocks of CPUs, GPU and memory.
MachineState read_machine_state(const SystemRoot& root);

}  // namespace layerwatt
