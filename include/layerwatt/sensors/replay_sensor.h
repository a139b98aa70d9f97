#pragma once

#include <memory>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

struct ReplayOptions {
  /// Begin again when the recording is over; otherwise its rails are then kGone.
  bool repeat = false;
  /// Time of the readings; tests give their own.
  Instant (*now)() = [] { return MonotonicClock::now(); };
};

/// Plays recorded power as a sensor: a read gives what the recording showed when it was as old as
/// the time since the first read. All rails begin together, at the earliest first sample. The rails
/// keep their name and `is_virtual`; their `sensor` is "replay". kInvalidArgument without samples;
/// kParse for traces that validate() refuses.
Result<std::unique_ptr<Sensor>> make_replay_sensor(std::vector<PowerTrace> traces,
                                                   const ReplayOptions& options = {});

}  // namespace layerwatt
