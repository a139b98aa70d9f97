#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The files of one model in a raw dataset (design, section 5.1).
struct RunPaths {
  RunPaths(const std::filesystem::path& run_folder, const std::string& model,
           const std::string& engine);

  std::filesystem::path folder;
  std::filesystem::path power_log;
  std::filesystem::path summary;
  std::filesystem::path engine_info;
  std::filesystem::path layer_latency;
  std::filesystem::path run_file;
  std::filesystem::path power_npy;
  std::filesystem::path timeline_npy;
};

/// The published power log: a line a sample, at the middle of its read. Rails without a voltage of
/// their own (sums, power meters, energy counters) are written as 1000 mV and their milliwatts, so
/// that millivolts times milliamperes is the power, as its readers have it.
Result<void> write_power_log(const std::filesystem::path& path, const PowerTrace& total,
                             const ClockMap& clocks);

/// The published run times of layers, from the passes that have them. Executions of one layer that
/// others do not have (a schedule that is not `whole`) do not fit the format: nothing is written.
Result<void> write_layer_latencies(const std::filesystem::path& path, const Timeline& timeline,
                                   const ClockMap& clocks);
/// The same file in its older form, run times without stamps: what layers took in place, in passes
/// that were profiled apart from the recording. Nothing is written without such passes.
Result<void> write_latencies_in_place(const std::filesystem::path& path,
                                      std::span<const Layer> layers,
                                      std::span<const std::vector<Duration>> run_times);

Result<void> write_engine_layers(const std::filesystem::path& path, std::span<const Layer> layers);
Result<void> write_summary_file(const std::filesystem::path& path, const InferenceSummary& summary);

/// timeline.npy and power.npy, whole, renamed into place.
Result<void> write_timeline_npy(const std::filesystem::path& path, const Timeline& timeline);
/// Readings of several rails in the order in which they were read; `readings[i]` is of rail i.
Result<void> write_power_npy(const std::filesystem::path& path,
                             const std::vector<std::vector<Reading>>& readings);

}  // namespace layerwatt
