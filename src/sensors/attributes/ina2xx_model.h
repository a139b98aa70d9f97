#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "layerwatt/core/sensor_model.h"

namespace layerwatt {

/// What Linux's driver ina2xx shows of a chip. Absent: not readable.
struct Ina2xxSettings {
  /// `update_interval`, milliseconds; INA219 has none.
  std::optional<std::int64_t> update_interval;
  /// `shunt_resistor`, microohms.
  std::optional<std::int64_t> shunt;
};

/// How INA219, 220, 226, 230 or 231 samples under that driver (drivers/hwmon/ina2xx.c), which sets
/// the conversion times and shows of the averages how long they take. Nullopt for other chips, and
/// for an interval that no setting of the driver gives.
std::optional<SensorModel> ina2xx_model(std::string_view chip, const Ina2xxSettings& settings);

}  // namespace layerwatt
