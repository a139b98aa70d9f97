#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/experiment/existing_result.h"
#include "layerwatt/recording/recorder.h"

namespace layerwatt {

struct IdleOptions {
  /// What counts; the time in which the sensor settles comes before it.
  Duration duration = std::chrono::seconds(120);
  std::filesystem::path result_dir = "raw_data";
  /// What to do where a finished idling_power.json stands there.
  ExistingResult existing = ExistingResult::kRefuse;
  /// Rails, pace and priority; its `output` and `duration` are not used.
  RecorderOptions recorder;
  /// Name of a virtual board instead of the machine's own sensors; empty for those.
  std::string virtual_board;
  /// Write the readings too, as an earlier published version did:
  /// "<n>_seconds_idling_power_log_<timestamp>.log".
  bool as_published = false;
};

/// What the machine draws when nothing runs.
struct IdleMeasurement {
  Watts mean;
  /// Of the samples: noise, and whatever woke up meanwhile. Absent for energy counters.
  std::optional<Watts> deviation;
  std::int64_t samples = 0;
  /// What the mean is over.
  Duration duration{0};
  std::string rail;
  bool is_virtual = false;
  /// Why it is shorter than asked for; empty if it is not.
  std::string partial_reason;
  /// `<result_dir>/idling_power.json`, or what took its place: "idling_power-2.json" for a numbered
  /// one, "idling_power.partial.json" for a partial one beside a finished one.
  std::filesystem::path file;
  /// The readings, where they were asked for; else empty.
  std::filesystem::path log;
  std::vector<std::string> warnings;
};

/// Called now and then with the time that has passed.
using IdleProgress = std::function<void(Duration)>;

/// Measures idle power and writes it to `<result_dir>/idling_power.json`. Cancellation gives the
/// mean of what was recorded; kCancelled where that is less than a second. The recording itself is
/// removed. kInvalidArgument, before anything is measured, where a finished file would be lost
/// (holds_finished_idle(), place_of_result()); a partial mean never replaces a finished one.
Result<IdleMeasurement> measure_idle(const IdleOptions& options, const Cancellation& cancellation,
                                     const IdleProgress& progress);

}  // namespace layerwatt
