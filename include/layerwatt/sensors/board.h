#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The rails that add up to what a board draws, and the reason for believing so.
struct Total {
  /// "total", or "module + carrier" for a second one.
  std::string name;
  std::vector<std::string> rails;
  /// "VDD_IN is the module's input (board table)".
  std::string why;
};

/// The machine under test.
struct Board {
  /// "Jetson Orin Nano", or the model string of an unknown board.
  std::string name;
  /// "p3767-0005"; empty where the device tree names none.
  std::string module;
  /// "tegra234".
  std::string soc;
  /// "36.4.3" and "6.2"; empty outside Jetson Linux.
  std::string l4t;
  std::string jetpack;
  bool is_known = false;
  /// A simulated board stands behind the files: all its rails are virtual, and so is the name.
  bool is_virtual = false;
  std::vector<ProbedSensor> sensors;
  /// Best first. Empty: no total is known, `no_total_reason` says why, and nothing may be added up.
  std::vector<Total> totals;
  std::string no_total_reason;
};

/// The rail with that name, or an error that lists those there are.
Result<Rail> find_rail(const Board& board, std::string_view name);

}  // namespace layerwatt
