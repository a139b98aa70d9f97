#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/prepared_network.h"

namespace layerwatt {

/// What a run does, one after the other.
enum class RunPhase {
  kPreparing,  ///< loading; for segments: cutting, capturing inputs, checking outputs
  kWarmingUp,  ///< passes that are neither timed nor recorded
  kWhole,      ///< whole passes without a profiler: latency and energy
  kProfiled,   ///< whole passes under the engine's profiler: the split by layer
  kSegments,   ///< segments under the `isolated` or `weighing` schedule
};

std::string_view to_string(RunPhase phase);

/// How a network is to be run.
struct RunPlan {
  Schedule schedule = Schedule::kWhole;
  std::int64_t warmup = 50;
  /// Whole passes without a profiler. With a `duration`: at least so many.
  std::int64_t runs = 1;
  /// `whole`: go on with passes until this much time has passed, for each of the two phases.
  /// `isolated` and `weighing`: that long for all segments or blocks together. Absent: `isolated`
  /// runs each segment `runs` times, `weighing` two balanced sets of blocks (WeighingDesign).
  std::optional<Duration> duration;
  /// `isolated`: each segment runs for so long first, until a slow sensor shows it alone; this time
  /// is in the timeline, and counts towards neither `runs` nor a duration.
  Duration isolated_settle{0};
  /// `isolated`: after that, each segment for so long, instead of `runs` times.
  std::optional<Duration> isolated_duration;
  /// `isolated`: so many executions of each layer are recorded one by one while it settles, and
  /// again after that. Later ones are recorded together until they have taken a millisecond
  /// (Execution::runs), so that layers of microseconds do not fill the memory; the last is again
  /// one by itself.
  std::int64_t isolated_single_runs = 1000;
  /// Whole passes under the profiler, for the split by layer. `whole`: as many as `runs` where
  /// absent. Other schedules: 10 where absent, for the run times in place. 0 for none.
  std::optional<std::int64_t> profiled_runs;
  /// Pauses of random length, uniform between 0 and this, between whole passes: they keep the
  /// passes from running in step with the sensor.
  Duration random_pause{0};
  /// Of all that is random: pauses, order, repeats.
  std::uint64_t seed = 1;
  /// `weighing`: length of a block and repeats, from plan_weighing().
  Duration block_length = std::chrono::seconds(2);
  std::int32_t high_repeats = 8;
};

/// How long a phase is.
struct PhaseLength {
  /// Passes or segments; milliseconds where `is_time`.
  std::int64_t total = 0;
  bool is_time = false;
};

/// Follows a run. Called from the running thread, the first four between passes, never inside one,
/// so that what they do takes time from gaps alone; they should be quick, phase_began() excepted.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  /// So many passes, segments or milliseconds are to come. What runs before kWhole under `whole`,
  /// or before kSegments under other schedules, is in no timeline: begin to record power here, and
  /// wait here for the board to calm down.
  virtual void phase_began(RunPhase /*phase*/, PhaseLength /*length*/) {}
  /// So many of them are done.
  virtual void advanced(std::int64_t /*done*/) {}
  /// Executions that are final, in the order of the timeline. Profiled passes come together at the
  /// end of their phase, others at the end of each pass or block.
  virtual void executed(std::span<const Execution> /*executions*/) {}
  /// True ends the current phase as if it were done: the caller's precision is reached.
  virtual bool enough() { return false; }

  /// From `at` on a segment runs (kWholePass: a whole pass). Called inside the pass and inside the
  /// time that is measured: some nanoseconds, no system call.
  virtual void running(Instant /*at*/, std::int32_t /*segment*/, std::int32_t /*repeat*/) noexcept {
  }
  /// From `at` on nothing of the network runs, until the next running(). At the end of each record
  /// of a segment and of each whole pass.
  virtual void resting(Instant /*at*/) noexcept {}
};

/// What came of a run. A timeline that is partial holds whole passes alone.
struct RunOutcome {
  /// `whole`: passes with a kWholePass record alone (no profiler), then, numbered on, passes with
  /// kWholePass and their layers (profiled). `isolated` and `weighing`: segments, measured around
  /// each run.
  Timeline timeline;
  /// Run times of whole passes without a profiler.
  std::vector<Duration> latencies;
  /// Per layer: run times in place, from profiled passes; empty without them.
  std::vector<RunTimeStats> in_place;
  /// The run times that these are of.
  std::vector<std::vector<Duration>> in_place_times;
  /// Per layer: run times alone, of first executions under `weighing`; empty for `whole`.
  std::vector<RunTimeStats> isolated;
  /// Median whole pass under the profiler; absent without profiled passes. Against the median of
  /// `latencies` it tells what the profiler costs.
  std::optional<Duration> profiled_pass_time;
  /// Passes that the profiler lost a part of, and so are left out of the timeline.
  std::int64_t lost_passes = 0;
  /// Passes that the split by layer comes from, where they are in no timeline (a run of their own);
  /// absent: those of the timeline that are in no `latencies`.
  std::optional<std::int64_t> profiled_apart;
  /// Largest difference between the network's outputs by segments and by a whole run, relative to
  /// the largest output; 0 means equal bit for bit. Absent for `whole`.
  std::optional<double> segment_difference;
  /// Stopped by a person before its end; what was recorded is kept.
  bool partial = false;
  /// What a reader must know (source of the split, outputs of segments compared, the sum of
  /// isolated run times beside the whole run's), each a sentence.
  std::vector<std::string> notes;
};

/// kInvalidArgument where `plan` makes no sense (no runs, a duration of 0).
Result<void> check_plan(const RunPlan& plan);

/// Runs `network` on `engine` as `plan` says. Cancellation is looked at between passes: the outcome
/// is then `partial`, not an error, unless nothing was run at all (kCancelled).
Result<RunOutcome> run_network(Engine& engine, const PreparedNetwork& network, const RunPlan& plan,
                               const Cancellation& cancellation, RunObserver& observer);

}  // namespace layerwatt
