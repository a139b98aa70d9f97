#pragma once

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

// The rows of the sensor table, one adapter file each.

extern const SensorKind kIna3221Hwmon;
extern const SensorKind kIna3221Iio;
extern const SensorKind kIna238;
extern const SensorKind kRapl;
extern const SensorKind kNvml;
extern const SensorKind kBattery;
extern const SensorKind kHwmonPower;
extern const SensorKind kTegrastats;
extern const SensorKind kReplay;

}  // namespace layerwatt
