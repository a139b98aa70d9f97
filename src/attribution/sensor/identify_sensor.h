#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/sensor_model.h"

#include "attribution/fit/fast_fit.h"
#include "attribution/sensor/edge_response.h"
#include "attribution/sensor/sensor_candidates.h"

namespace layerwatt {

/// A recording whose sensor is asked for.
struct SensorQuestion {
  /// With times of reads (read_times.h).
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// The load is the same from pass to pass.
  bool is_even = true;
  /// Tries single conversions of a period and a window, or blocks of so many; absent: layers run
  /// one by one, so that no clock could be told by them.
  std::function<std::optional<ClockTrial>(double period, double window, int block_count)> try_clock;
};

/// What the sensor is, as far as the recording tells.
struct IdentifiedSensor {
  /// The likeliest candidate, its period as found.
  SensorModel model;
  SensorFinding finding;
  /// Of the averaging, seconds, and its relative standard error: 0 for none.
  double memory = 0.0;
  double memory_error = 0.0;
  /// Why nothing but the total can be told with such a sensor; empty otherwise.
  std::string hides_layers;
};

/// Finds what the sensor is: how readings follow the load where it begins and ends tells a filter
/// and its time constant from single conversions; how long register values stand tells the period
/// of conversions or blocks; which conversion time explains the readings within passes tells the
/// rest. Candidates are what the chips can be set to, weighted by how often such settings are met.
IdentifiedSensor identify_sensor(const SensorQuestion& question);

}  // namespace layerwatt
