#pragma once

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// The readings that do not show what was drawn in the timeline's interludes: those within them are
/// left out, and those behind each until the sensor has forgotten it. A sensor whose settings
/// nobody declared is taken for a stock INA3221.
PowerTrace without_interludes(PowerTrace trace, const Timeline& timeline,
                              const SensorModel& sensor);

}  // namespace layerwatt
