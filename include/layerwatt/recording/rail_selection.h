#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The rails that a recording is of.
struct RailSelection {
  std::vector<Rail> rails;
  /// Names of those that are added up for the total; the others are recorded beside it.
  std::vector<std::string> total;
  /// "VDD_IN", or "VDD_GPU_SOC + VDD_CPU_CV" where several are added up.
  std::string name;
  /// Why these: the board table's reason, or that they were asked for.
  std::string why;
};

/// Whether the power of any of them was synthesised (a simulated board, a replayed simulation).
bool has_virtual_rail(const RailSelection& selection);

/// The rails named in `wanted`, or the board's first total where it is empty; with `sensor`, those
/// of that row of the sensor table alone. kNotFound with advice where there is no usable sensor, no
/// rail of that name, or no known total.
Result<RailSelection> select_rails(const Board& board, const std::vector<std::string>& wanted,
                                   const std::string& sensor = {});

/// Adds rails to be recorded beside the total; those that are selected already stay as they are.
/// kNotFound as select_rails().
Result<void> add_rails(const Board& board, const std::vector<std::string>& wanted,
                       const std::string& sensor, RailSelection& selection);

/// Opens the sensors that read the selected rails, each once. The rails of all sensors together, in
/// order, are those of the selection, perhaps in another order: `selection.rails` is put into the
/// order of reading.
Result<std::vector<std::unique_ptr<Sensor>>> open_rails(const SystemRoot& root, const Board& board,
                                                        RailSelection& selection);

}  // namespace layerwatt
