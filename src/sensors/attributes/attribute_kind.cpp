#include "sensors/attributes/attribute_kind.h"

#include <fmt/format.h>

#include <algorithm>

#include "sensors/attributes/attribute_folder.h"

namespace layerwatt {

std::vector<ProbedSensor> probe_found(std::vector<FoundSensor> found) {
  std::vector<ProbedSensor> probed;
  // The numbers of hwmonK change from boot to boot; the order in which rails are listed should not.
  std::stable_sort(found.begin(), found.end(), [](const FoundSensor& a, const FoundSensor& b) {
    return natural_less(a.place, b.place);
  });
  for (FoundSensor& sensor : found) {
    for (AttributeRail& rail : sensor.rails) sensor.probed.rails.push_back(std::move(rail.rail));
    if (sensor.probed.rails.empty() && sensor.probed.unusable.empty()) continue;
    probed.push_back(std::move(sensor.probed));
  }
  return probed;
}

Result<std::unique_ptr<Sensor>> open_found(std::vector<FoundSensor> found,
                                           const ProbedSensor& sensor, const OpenOptions& options) {
  for (FoundSensor& candidate : found) {
    if (candidate.probed.id != sensor.id) continue;
    return open_attribute_rails(std::move(candidate.rails), sensor, options);
  }
  return Error(ErrorCode::kGone,
               fmt::format("the sensor {} ({}) is not there any more", sensor.id, sensor.kind));
}

}  // namespace layerwatt
