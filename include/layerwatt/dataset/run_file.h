#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What was recorded of the machine at one moment.
struct MachineState {
  /// Thermal zone to degrees Celsius.
  std::map<std::string, double> temperatures_celsius;
  /// Clock ("cpu0", "gpu", "emc") to hertz.
  std::map<std::string, double> clocks_hertz;
};

/// `run.json`, `schema_version` 1: what the published files of a run cannot hold.
struct RunFile {
  static constexpr int kSchemaVersion = 1;

  /// "layerwatt 0.1.0".
  std::string written_by;
  std::string model;
  std::string engine;
  std::string engine_version;
  /// Stopped before its end by a person or a failure; what was recorded is whole.
  bool is_partial = false;
  /// False while the recording runs: a file that still says so was left by a crash.
  bool is_finished = false;
  /// True if any rail was synthesised.
  bool is_virtual = false;

  /// Monotonic and wall clock at the beginning and the end of the recording.
  ClockAnchor begin;
  ClockAnchor end;

  Schedule schedule = Schedule::kWhole;
  StampSource stamps = StampSource::kUnknown;
  std::uint64_t seed = 0;
  std::int64_t warmup = 0;
  std::int64_t passes = 0;
  /// Passes from which the run times of layers come, if a layer profiler ran in others.
  std::int64_t profiled_passes = 0;

  /// In the order of PowerRecord::rail.
  std::vector<Rail> rails;
  /// Names of the rails that make up the total; empty: none is known.
  std::vector<std::string> total_rails;
  std::string total_name;
  std::string total_reason;
  std::optional<Watts> idle_power;
  /// Of Timeline::interludes.
  std::vector<Interlude> interludes;

  /// Of the recorder: asked rate, ticks, and what it missed.
  double requested_hertz = 0.0;
  std::int64_t ticks = 0;
  std::int64_t late_ticks = 0;
  std::int64_t lost_ticks = 0;
  std::int64_t failed_reads = 0;
  std::optional<double> recorder_cpu_share;
  std::optional<Duration> lateness_p99;
  /// Passes recorded and then left out (throttled, lost by the profiler).
  std::int64_t dropped_passes = 0;

  /// Board, software versions, power mode, governor: name to text, for people.
  std::map<std::string, std::string> environment;
  std::optional<MachineState> state_before;
  std::optional<MachineState> state_after;
  /// What a reader must know, each a sentence.
  std::vector<std::string> notes;

  ClockMap clock_map() const { return ClockMap(begin, end); }
};

Result<void> write_run_file(const std::filesystem::path& path, const RunFile& run);

/// Unknown members are ignored. Another schema_version is kUnsupported with advice; a member that
/// is missing where it matters, or of another type, is kParse and named by its path
/// ("rails[0].name").
Result<RunFile> parse_run_file(std::string_view text);
Result<RunFile> read_run_file(const std::filesystem::path& path);

}  // namespace layerwatt
