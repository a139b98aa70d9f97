#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/own_program.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/existing_result.h"
#include "layerwatt/recording/recorder_options.h"
#include "layerwatt/running/network_request.h"
#include "layerwatt/running/run_plan.h"

namespace layerwatt {

/// Under which plan a network runs, as it is asked for.
struct PlanOptions {
  /// `runs`, `duration`, `block_length` and `high_repeats` of it follow from what stands below, the
  /// network and the sensor.
  RunPlan run;
  /// Nobody chose a schedule: `weighing` instead of `whole` where the sensor averages, the network
  /// can be run layer by layer, and the duration is long enough for it.
  bool may_weigh = false;
  /// Passes. Absent: 30,000 under `whole` (as published) where there is no `duration`, else 1; 100
  /// whole passes for the latency before `isolated` and `weighing`.
  std::optional<std::int64_t> runs;
  /// Absent: `whole` ends after its runs, `weighing` after two balanced sets of blocks, `isolated`
  /// runs each layer for the time in which the sensor settles, unless `runs` are given.
  std::optional<Duration> duration;
  /// `weighing` alone: ends as soon as the layers' energies are expected to be known to within this
  /// part (0.03 is 3 %) of the energy of all layers (RunningPrecision), `duration` (10 minutes
  /// where absent) at the latest.
  std::optional<double> precision;
};

/// What measures the power.
struct PowerOptions {
  /// Rails, pace and priority of the recorder; its `output` and `duration` are not used.
  RecorderOptions recorder;
  /// Rails recorded beside those of the total.
  std::vector<std::string> more_rails;
  /// Name of a virtual board ("orin-nano"): no sensor is read; the power is what that board's
  /// sensor would have shown for this run, and labelled so everywhere. Empty: the machine's own
  /// sensors.
  std::string virtual_board;
  /// Conversions that an INA3221 averages during the run, put back afterwards (SensorSettings);
  /// absent: as they are.
  std::optional<int> sensor_samples;
  /// Where to tell a live virtual board (`layerwatt virtual-board`) what runs; empty: nowhere.
  std::filesystem::path activity;
  /// Idle time recorded before and after the run. Absent: five time constants of the slowest
  /// sensor, at least 1 s.
  std::optional<Duration> idle_lead;
  /// The `layerwatt` command that records.
  std::filesystem::path recorder_command = own_command();
};

/// Where the raw dataset goes, and what stands in its configuration beside what the run tells.
struct OutputOptions {
  std::filesystem::path result_dir = "raw_data";
  /// What to do where a finished run stands in its place.
  ExistingResult existing = ExistingResult::kRefuse;
  /// Written to the run's configuration, where the engine has such settings.
  std::optional<std::int64_t> optimization_level;
  std::optional<std::int64_t> min_block_size;
  /// Write the files of earlier published versions too: "<n>_cycles_power_log_<timestamp>.log" and
  /// "<model>_layerwise_latency.json".
  bool as_published = false;
};

/// A measurement of one network. Each part is handed its own piece of it.
struct MeasureOptions {
  NetworkRequest network;
  PlanOptions plan;
  PowerOptions power;
  OutputOptions output;
};

}  // namespace layerwatt
