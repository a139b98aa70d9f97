#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// One layer that ran alone for a while.
struct IsolatedTableRow {
  std::string layer;
  Duration duration{0};
  Joules energy;
  Watts average;
  std::vector<Watts> samples;
};

/// Writes `<model>_layerwise_energy_full.csv`: `Layer,Duration (s),Energy (J),Avg Power (W),Power
/// Samples (W)`, the samples as a list in one quoted field ("[4.1, 4.2]"). Virtual power adds a
/// column `Virtual` that says so in each row.
Result<void> write_isolated_table(const std::filesystem::path& path,
                                  const std::vector<IsolatedTableRow>& rows, bool is_virtual);

}  // namespace layerwatt
