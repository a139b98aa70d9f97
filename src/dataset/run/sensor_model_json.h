#pragma once

#include "layerwatt/core/sensor_model.h"

#include "core/json_writer.h"
#include "dataset/text/json_members.h"

namespace layerwatt {

/// One sensor model as an object; absent members are left out.
void write_sensor_model(JsonWriter& json, const SensorModel& sensor);
SensorModel get_sensor_model(const JsonObject& object);

}  // namespace layerwatt
