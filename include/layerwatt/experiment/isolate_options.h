#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/units.h"
#include "layerwatt/experiment/measure_options.h"

namespace layerwatt {

/// How the layers of one network are measured one at a time.
struct IsolateOptions {
  /// Model, engine settings, recorder and result folder; its plan is made from what follows.
  MeasureOptions measure;
  /// Time at the beginning of each layer's stay that does not count. Absent: five time constants of
  /// the slowest sensor, at least 1 s.
  std::optional<Duration> boundary;
  /// After that, each layer runs for so long, unless `repeats` is given: then so many times.
  Duration sample_duration = std::chrono::seconds(5);
  std::optional<std::int64_t> repeats;
  /// Energy in the published way: samples at this interval, their sum times it.
  std::optional<Duration> as_published;

  /// Where the statistics by mode go (layer_stats.h), and under which label; no mode, no
  /// statistics.
  std::filesystem::path stats_dir = "layer_stats";
  std::string mode;
  std::string device = "cpu";
  bool eval_power = true;
  bool eval_latency = true;
  /// Run times of a layer that go to the statistics.
  std::int64_t sample_count = 100;
  /// Rails of the statistics; empty: the published default where the board has any of it, else all.
  std::vector<std::string> rails;
};

}  // namespace layerwatt
