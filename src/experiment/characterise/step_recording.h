#pragma once

#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/experiment/characterisation.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// Readings of one rail while a load was switched on and off; after `end` it may go on and off.
struct StepRecording {
  Rail rail;
  std::vector<Reading> readings;
  Instant begin;
  Instant switched_on;
  Instant switched_off;
  Instant end;
};

/// What the readings tell. kUnknowable where hardly any succeeded.
Result<Characterisation> evaluate(const StepRecording& recording);

}  // namespace layerwatt
