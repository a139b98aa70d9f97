#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/reading.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/experiment/power_beside.h"

namespace layerwatt {

/// Power of somebody's recording, ready to become that of a run.
struct LoadedPower {
  /// Clocks, rails, total, and whether it is virtual.
  RunFile run;
  /// The readings where they are, or those of a log, which become a power.npy.
  std::filesystem::path power_npy;
  std::vector<Reading> readings;
  /// First and last reading, on the run's monotonic clock.
  Instant begin;
  Instant end;
  std::vector<std::string> notes;
};

/// Finds out what the file or folder is, and reads it. Errors name what is missing.
Result<LoadedPower> load_power_beside(const PowerBeside& power);

}  // namespace layerwatt
