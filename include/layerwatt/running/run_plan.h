#pragma once

#include <cstdint>
#include <optional>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

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
  /// `weighing`: length of a block, repeats, and how long a segment runs alone, from
  /// plan_weighing().
  Duration block_length = std::chrono::seconds(2);
  std::int32_t high_repeats = 8;
  Duration weighing_focus{0};
  /// How long the sensor takes to show a change of load, for schedules that wait for it.
  Duration settling = std::chrono::seconds(1);
};

/// kInvalidArgument where `plan` makes no sense (no runs, a duration of 0).
Result<void> check_plan(const RunPlan& plan);

}  // namespace layerwatt
