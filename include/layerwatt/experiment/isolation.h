#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/attribution/isolated_energy.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/measurement.h"

namespace layerwatt {

/// What came of it.
struct Isolation {
  Measurement measurement;
  std::vector<IsolatedLayer> layers;
  /// Settling time that was used.
  Duration boundary{0};
  std::filesystem::path table;
  /// What a person must know, each a sentence.
  std::vector<std::string> notes;
};

}  // namespace layerwatt
