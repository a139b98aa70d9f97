#pragma once

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

// The rows of the sensor table, one adapter file each.

extern const SensorKind kIna3221Hwmon;

}  // namespace layerwatt
