#pragma once

#include <vector>

#include "layerwatt/sensors/sensor.h"

#include "sensors/attributes/attribute_sensor.h"

namespace layerwatt {

/// A chip or counter whose rails are attributes: what a probe tells of it, and the attributes
/// opened. `probed.rails` is filled from `rails` by probe_found().
struct FoundSensor {
  /// Where it is ("1-0040"), the same at every boot; sensors are listed in this order.
  std::string place;
  ProbedSensor probed;
  std::vector<AttributeRail> rails;
};

/// SensorKind::probe for a kind whose look at the system gave `found`. Sensors without any rail,
/// usable or not, are left out.
std::vector<ProbedSensor> probe_found(std::vector<FoundSensor> found);

/// SensorKind::open for such a kind.
Result<std::unique_ptr<Sensor>> open_found(std::vector<FoundSensor> found,
                                           const ProbedSensor& sensor, const OpenOptions& options);

}  // namespace layerwatt
