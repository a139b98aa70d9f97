#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/units.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What to record, and how.
struct RecorderOptions {
  /// The power.npy to write. What the recorder tells of itself goes beside it, under the same name
  /// with the ending ".recorder.json".
  std::filesystem::path output;
  SystemRoot root;
  /// Rails by name; empty: the rails of the board's total.
  std::vector<std::string> rails;
  /// A row of the sensor table, where rails of others should not be used; empty: any. What that row
  /// takes behind its name ("replay:RUN") stands in SystemRoot::options.
  std::string sensor;
  /// From tick to tick. 0: as fast as the bus allows, back to back. Absent: 1 ms, or a little more
  /// than a tick's reads take where the bus is slower.
  std::optional<Duration> period;
  /// Absent: until stopped.
  std::optional<Duration> duration;
  /// The CPU to stay on.
  std::optional<int> pin;
  /// Priority 1 to 99 of SCHED_FIFO; where the system refuses, a warning and the usual scheduler.
  std::optional<int> realtime_priority;
};

}  // namespace layerwatt
