#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

#include "attribution/checks/clock_check.h"
#include "attribution/checks/recording_check.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Readings and load as they go into a fit.
struct PreparedReadings {
  PowerTrace trace;
  LoadPieces load;
  std::vector<CheckFinding> findings;
  /// Nothing can be known of this recording, and why; empty otherwise.
  std::string refusal;
  /// Layers cannot be told, the total can, and why; empty otherwise.
  std::string hides_layers;
};

/// What goes into the checks.
struct RecordingToCheck {
  PowerTrace trace;
  /// Of the timeline, with its origin at or before the first reading.
  LoadPieces load;
  PassTimes pass_times;
  /// Of the timeline: they have no readings.
  std::span<const Interlude> interludes = {};
  /// Measured apart.
  std::optional<Watts> idle_apart;
  /// When clocks are doubted.
  ClockDoubt doubt = {};
};

/// Puts the checks, a file each here, to a recording of powers, leaves out what cannot be right,
/// moves readings to the clock of the stamps where the load shows that clocks differ, and takes
/// long holes out of time, so that work depends on how many readings there are and not on how much
/// time they span.
PreparedReadings prepare_readings(RecordingToCheck recording);

}  // namespace layerwatt
