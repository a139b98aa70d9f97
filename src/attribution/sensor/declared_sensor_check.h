#pragma once

#include <optional>
#include <string>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/sensor_model.h"

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// A recording and what its sensor is said to be.
struct DeclaredSensorQuestion {
  /// With times of reads (read_times.h).
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// The load is the same from pass to pass; and layers do not run for long each, which leaves a
  /// register as it is.
  bool is_even = true;
  bool changes_within = true;
  SensorModel declared;
};

/// What of the recording cannot be of the declared sensor, as half a sentence: readings follow the
/// begin and end of the load faster or slower than its filter can, its oscillator's ±30 % counted;
/// or readings change more often or more rarely than its conversions end. Nullopt where nothing
/// speaks against it, which is not to say that the recording proves it.
std::optional<std::string> contradicts_declared(const DeclaredSensorQuestion& question);

/// "512 averages of 140 µs, a value every 840 µs".
std::string sensor_in_words(const SensorModel& model);

}  // namespace layerwatt
