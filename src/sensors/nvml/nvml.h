#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

// The adapter with the library's name as an argument, so that tests can put in one of their own.

Result<std::vector<ProbedSensor>> probe_nvml(const std::string& library);
Result<std::unique_ptr<Sensor>> open_nvml(const std::string& library, const ProbedSensor& sensor,
                                          const OpenOptions& options);

}  // namespace layerwatt
