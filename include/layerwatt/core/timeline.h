#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

/// How often each segment runs in each pass (design, section 2).
enum class Schedule { kWhole, kIsolated, kWeighing };

std::string_view to_string(Schedule schedule);

/// Where the stamps of a timeline come from, and so how far they may be trusted.
enum class StampSource {
  kMeasured,          ///< begin and end of each segment read from a clock around it
  kProfiler,          ///< an engine's profiler gave begin and duration of each layer
  kPlacedByDuration,  ///< durations laid back to back inside a measured pass
  kCallback,          ///< an IProfiler callback's time (docs/attribution.md): not the end
  kUnknown,           ///< a dataset recorded by others
};

std::string_view to_string(StampSource source);

/// One run of one segment, or several without a pause.
struct Execution {
  /// Index into Timeline::layers, or kWholePass.
  std::int32_t segment = 0;
  /// Counts from 0.
  std::int32_t pass = 0;
  /// 0 for the first of the executions of this segment in this place of the pass, 1, 2 … for
  /// immediate repeats (warm caches).
  std::int32_t repeat = 0;
  /// The block of the schedule; 0 for `whole`.
  std::int32_t block = 0;
  Instant start;
  Instant end;
  /// Immediate repeats that this one record spans: layers of microseconds that run alone for
  /// seconds (RunPlan::isolated_single_runs), and repeats under `weighing`. 1 for all others.
  std::int32_t runs = 1;

  /// Of one run; of several, their mean.
  Duration run_time() const { return (end - start) / runs; }
  friend bool operator==(const Execution&, const Execution&) = default;
};

/// A time in which something else ran on the machine than what is measured, as an engine that is
/// loaded: what was drawn then is nobody's, and it was not idle.
struct Interlude {
  Instant start;
  Instant end;
  friend bool operator==(const Interlude&, const Interlude&) = default;
};

/// Execution::segment of a record that spans a whole pass. Passes run without a profiler have only
/// this one; profiled passes may have it beside their layers.
inline constexpr std::int32_t kWholePass = -1;

/// The intervals in which segments ran.
struct Timeline {
  std::vector<Layer> layers;
  /// Ordered by start; a kWholePass record stands before the layers of its pass.
  std::vector<Execution> executions;
  Schedule schedule = Schedule::kWhole;
  StampSource stamps = StampSource::kUnknown;
  /// In order, apart.
  std::vector<Interlude> interludes = {};
};

/// One more than the highest pass, 0 for an empty timeline.
std::int32_t pass_count(const Timeline& timeline);

/// Whether the blocks of a schedule were programs of their own, each of one engine, with the
/// loading of the next between them.
bool runs_engine_blocks(const Timeline& timeline);

/// Of each pass, whether every layer that runs at all runs in it: `weighing` leaves layers out of
/// some.
std::vector<bool> complete_passes(const Timeline& timeline);

/// Run times of each layer in order; a record of several runs counts as so many of their mean.
std::vector<std::vector<Duration>> run_times_of_layers(const Timeline& timeline);

/// Adds the run times of one execution, in range, to those of the layers.
void add_run_times(const Execution& execution, std::vector<std::vector<Duration>>& of_layer);

/// Checks what every user of a timeline relies on: segments in range, end not before start, ordered
/// by start, repeat and pass not negative, at least one run; interludes in order. The error names
/// the first execution or interlude at fault (from 0).
Result<void> validate(const Timeline& timeline);

/// The same for executions that come one after another, of which there are `executions`.
class ExecutionCheck {
 public:
  ExecutionCheck(std::size_t layers, std::int64_t executions);
  Result<void> add(const Execution& execution);

 private:
  std::int64_t layers_;
  std::int64_t executions_;
  std::int64_t most_passes_;
  std::int64_t index_ = 0;
  Instant last_start_;
};
Result<void> validate(const std::vector<Interlude>& interludes);

}  // namespace layerwatt
