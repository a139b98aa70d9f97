#pragma once

#include <optional>

#include "layerwatt/core/power_trace.h"

#include "attribution/checks/recording_check.h"

namespace layerwatt {

/// Readings that share their stamps with others, as of a clock that ticks more rarely than they
/// were read.
struct CoarseStamps {
  CheckFinding finding;
  /// All readings have one stamp: nothing is known of when they were read.
  bool is_refusal = false;
  /// From one stamp to the next.
  double tick_seconds = 0.0;
};

/// Whether a good part of the readings has the stamp of the one before it; if so they are spread
/// evenly from their stamp to the next. Traces that know when each read began and ended, and those
/// of fewer than twenty readings, stay as they are.
std::optional<CoarseStamps> spread_coarse_stamps(PowerTrace& trace);

}  // namespace layerwatt
