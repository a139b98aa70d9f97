#pragma once

#include <string>
#include <vector>

#include "attribution/checks/recording_check.h"
#include "attribution/fit/recording_fit.h"
#include "attribution/sensor/identify_sensor.h"

namespace layerwatt {

/// The sensor that a recording is fitted with.
struct SettledSensor {
  IdentifiedSensor sensor;
  /// It was found from the recording, not declared.
  bool is_found = false;
};

/// What was declared, unless nobody did or the recording contradicts it, which becomes a finding:
/// then what is found from the recording. `may_try_clocks`: see identify_sensor_of().
SettledSensor settle_sensor(const FittedRecording& recording, const LoadPieces& load,
                            const SensorModel& declared, bool may_try_clocks,
                            std::vector<CheckFinding>& findings);

/// What was found and how sure that is, a sentence for people.
std::string found_in_words(const SensorFinding& finding);

}  // namespace layerwatt
