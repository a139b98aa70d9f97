#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "layerwatt/core/power_chips.h"
#include "layerwatt/core/sensor_model.h"

namespace layerwatt {

/// What the hwmon driver shows of a chip's settings. Absent: not readable.
struct Ina3221Settings {
  std::optional<std::int64_t> samples;
  /// As read back from `update_interval`, milliseconds.
  std::optional<std::int64_t> update_interval;
  int enabled_channels = ina3221::kChannels;
  std::optional<std::pair<int, int>> kernel;
};

/// The conversion times that the settings allow, shortest first; empty where they allow none or are
/// absent. Kernels before 5.14 (JetPack 5's 5.10 among them) show channels × samples × 2 × time,
/// later ones channels × 2 × time, both rounded to milliseconds, so that several times may show
/// alike. Bus and shunt times are taken as equal, as the driver sets them.
std::vector<Duration> possible_conversion_times(const Ina3221Settings& settings);

/// The model of every channel of a chip with these settings; `lsb` is left absent. Where several
/// conversion times are possible, the one that NVIDIA's boot script sets for this number of
/// channels is taken if it is among them, else the shortest, and `source` states the range.
SensorModel ina3221_model(const Ina3221Settings& settings);

}  // namespace layerwatt
