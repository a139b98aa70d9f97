#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/sensor_model.h"

namespace layerwatt {

/// What a sensor could be, as the chips allow it to be set.
struct SensorCandidate {
  /// For people: "INA3221, stock: 512 averages of 140 µs on 3 channels".
  std::string name;
  SensorModel model;
  /// How often one meets it, relative to others.
  double prior = 0.0;
};

/// An INA3221 that converts shunt and bus of so many channels in turn (SBOS576B 8.4.2.1): the
/// cycle is channels × 2 × conversion time.
SensorCandidate ina3221_candidate(int channels, Duration conversion_time, int average_count);

/// Every setting of an INA3221: 1 to 3 channels, eight conversion times, eight averages.
std::vector<SensorCandidate> ina3221_candidates();

/// INA238 at the settings that drivers leave: blocks of conversions of shunt, bus and temperature
/// in turn.
std::vector<SensorCandidate> ina238_candidates();

/// Seconds of the time constant of its averaging filter; 0 without one.
double filter_seconds(const SensorModel& model);

}  // namespace layerwatt
