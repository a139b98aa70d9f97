#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Power that somebody recorded while something else noted when it ran.
struct PowerBeside {
  /// A power log (published form, or one that docs/power-logs.md names), a log of tegrastats, a
  /// power.npy of `layerwatt record`, or the folder of a run.
  std::filesystem::path path;
  /// Which rail of several; empty: the run's total, the only rail, VDD_IN or POM_5V_IN.
  std::string rail;
  /// Local time of a text log minus UTC. What knows it by itself (power.npy) does not use it.
  Duration utc_offset{0};
  /// Local time of the first line, where a text log does not tell it.
  std::optional<LocalTime> begin;
};

/// Energy above idle of some stretches together, by the readings.
struct StretchEnergy {
  std::string name;
  Duration time{0};
  /// With an interval by Student's t over blocks of some seconds. Absent: `reason` says why.
  std::optional<Estimate<Joules>> energy;
  std::string reason;
};

}  // namespace layerwatt
