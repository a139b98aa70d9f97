#pragma once

#include "attribution/checks/checked_readings.h"

namespace layerwatt::testing {

/// Readings 1 ms apart, volts and amperes with them: idle, and more between 2 s and 6 s, when
/// passes of 10 ms run; noise of some steps of the register.
struct MadeReadingsPlan {
  double seconds = 8.0;
  double idle_watts = 3.6;
  double busy_watts = 7.6;
  double step = 0.04;
  /// Standard deviation in steps.
  double noise = 2.0;
  std::uint64_t seed = 1;
};

CheckedReadings made_readings(const MadeReadingsPlan& plan = {});

/// Sets what reading `k` says.
void set_watts(CheckedReadings& readings, std::size_t k, double watts);

}  // namespace layerwatt::testing
