#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/model/busy_time.h"

namespace layerwatt {

/// A number and its standard error.
struct Measured {
  double value = 0.0;
  double error = 0.0;
};

struct MeanPowerInput {
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// Of the sensor's averaging, seconds, and its standard error.
  double memory = 0.0;
  double memory_error = 0.0;
  /// From one conversion to the next, or from value to value.
  double period = 0.0;
  /// Idle power that was measured apart, watts.
  std::optional<double> idle_apart;
  /// By how much readings come behind the stamps of the load, seconds, where clocks differ.
  double offset = 0.0;
  /// Parts of the trace that are not to be used, seconds from LoadPieces::origin.
  std::vector<Stretch> left_out;
};

/// What mean power says of the energy of all that ran: no model of layers, no clock.
struct MeanPowerTotal {
  /// Above idle, joules, of everything that ran in the recording.
  Measured energy;
  /// Of the recording where it has an idle stretch, else the one measured apart.
  Measured idle;
  bool idle_is_from_recording = false;
  /// Seconds that ran in it, pauses within the run included.
  double busy_seconds = 0.0;
};

/// The integral of the readings above idle over whole passes, with what the filter still held at
/// the ends: ∫P dt = ∫y dt + τ·(y(end) − y(begin)), exact for a first-order filter and any load.
/// Where the recording is idle before and behind, the whole of it counts and the filter does not
/// matter. Errors: scatter of idle readings and of pieces of the run, what rounding leaves of
/// steady readings, drift of idle power between the stretches, the time constant.
///
/// Nullopt where no idle power is known at all, or the readings cover no whole second of the run
/// and less than half of it.
std::optional<MeanPowerTotal> mean_power_total(const MeanPowerInput& input);

}  // namespace layerwatt
