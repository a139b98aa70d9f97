#pragma once

#include "layerwatt/core/sensor_model.h"

namespace layerwatt {

/// By which readings of single conversions or blocks show the load late on average, seconds: half
/// of what they are means over, and half of the time for which they stand.
double mean_delay(const SensorModel& sensor);

/// Seconds beyond which no sensor of these settings still shows what ran before.
double longest_delay(const SensorModel& sensor);

}  // namespace layerwatt
