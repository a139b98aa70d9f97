#pragma once

#include <filesystem>

#include "layerwatt/core/result.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The power of a run in a raw dataset (a model's folder, ours or others'), for the sensor
/// `replay`. Errors: those of find_raw_dataset() and load_recording(); kInvalidArgument where the
/// folder holds several models.
Result<RecordedPower> read_recorded_power(const std::filesystem::path& run);

}  // namespace layerwatt
