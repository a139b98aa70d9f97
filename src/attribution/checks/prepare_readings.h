#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

#include "attribution/checks/recording_checks.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Readings and load as they go into a fit.
struct PreparedReadings {
  PowerTrace trace;
  LoadPieces load;
  std::vector<Finding> findings;
  /// Nothing can be known of this recording, and why; empty otherwise.
  std::string refusal;
  /// Layers cannot be told, the total can, and why; empty otherwise.
  std::string hides_layers;
};

/// Puts the checks (recording_checks.h, load_alignment.h) to a recording, leaves out what cannot be
/// right, moves readings to the clock of the stamps where the load shows that clocks differ, and
/// takes long holes out of time, so that work depends on how many readings there are and not on how
/// much time they span. `load`: of the timeline, with its origin at or before the first reading.
PreparedReadings prepare_readings(PowerTrace trace, LoadPieces load, const Timeline& timeline,
                                  std::optional<Watts> idle_apart);

/// Part of the time of passes in which another runs too.
double overlap_of_passes(const Timeline& timeline);

}  // namespace layerwatt
