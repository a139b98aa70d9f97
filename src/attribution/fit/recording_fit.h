#pragma once

#include <optional>
#include <span>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

#include "attribution/fit/fine_fit.h"
#include "attribution/sensor/identify_sensor.h"

namespace layerwatt {

/// A recording of powers as `solve` takes it.
struct FittedRecording {
  /// With times of reads (read_times.h).
  const PowerTrace* trace = nullptr;
  const Timeline* timeline = nullptr;
  /// Stamps are those of callbacks: layers were laid by their run times.
  bool by_callbacks = false;
  std::optional<Duration> idle_gap;
  /// The total is of several rails; those at its samples, or none where they are not known there.
  bool is_sum = false;
  std::span<const PowerTrace> rails = {};
};

/// Finds what the sensor is (identify_sensor.h). `load` is used as it is. `may_try_clocks`: when
/// layers ran is known well enough that readings can be held against them.
IdentifiedSensor identify_sensor_of(const FittedRecording& recording, const LoadPieces& load,
                                    bool may_try_clocks);

/// Fits the sensor that `model` says. Where layers were laid by callbacks, `load` is laid anew.
/// `layers_hidden`: readings cannot tell layers, only what they say of the sum is fitted.
Result<FineFit> fit_recording(const FittedRecording& recording, const SensorModel& model,
                              bool layers_hidden, LoadPieces& load);

}  // namespace layerwatt
