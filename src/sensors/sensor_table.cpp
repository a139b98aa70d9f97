#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "layerwatt/sensors/sensor.h"

#include "sensors/sensor_kinds.h"

namespace layerwatt {

std::span<const SensorKind> sensor_table() {
  static const std::vector<SensorKind> kTable{
      kIna3221Hwmon, kIna3221Iio, kIna238,     kRapl,   kNvml,
      kBattery,      kHwmonPower, kTegrastats, kReplay,
  };
  return kTable;
}

Result<std::unique_ptr<Sensor>> open_sensor(const SystemRoot& root, const ProbedSensor& sensor,
                                            const OpenOptions& options) {
  const auto table = sensor_table();
  const auto kind = std::find_if(table.begin(), table.end(), [&](const SensorKind& candidate) {
    return candidate.name == sensor.kind;
  });
  if (kind == table.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("there is no kind of sensor '{}' (for {})", sensor.kind, sensor.id));
  }
  return kind->open(root, sensor, options);
}

}  // namespace layerwatt
