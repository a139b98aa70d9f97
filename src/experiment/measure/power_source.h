#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/recording/sensor_settings.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt {

/// What measures the power of a run: the machine's rails, or a virtual board.
struct PowerSource {
  Board machine;
  /// Empty for a virtual board.
  RailSelection selection;
  std::optional<VirtualBoard> virtual_board;
  /// Changed for as long as this object lives.
  std::optional<SensorSettings> settings;
  /// How long the sensor takes to forget what was before.
  Duration settling{0};
  /// Of the sensor's averaging filter, the slowest of several; absent where unknown.
  std::optional<Duration> time_constant;
  /// For people, each a sentence.
  std::vector<std::string> notes;

  bool is_virtual() const;
};

/// Chooses and opens it once, so that a missing sensor or right shows before anything long begins;
/// applies `sensor_samples`, and first puts back what a run that died had changed. Errors: those of
/// detect_board(), select_rails(), open_rails(), SensorSettings::set_samples();
/// kInvalidArgument where the rails of the total cannot be added up.
Result<PowerSource> open_power_source(const PowerOptions& options);

}  // namespace layerwatt
