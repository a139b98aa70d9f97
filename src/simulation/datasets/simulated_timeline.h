#pragma once

#include <cstdint>
#include <optional>

#include "layerwatt/attribution/engine_blocks.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/simulation/simulated_network.h"

namespace layerwatt {

/// How a simulated network runs.
struct SimulatedRun {
  Schedule schedule = Schedule::kWhole;
  /// Of `whole` and `weighing`; `isolated`: of all segments together.
  Duration duration = std::chrono::seconds(60);
  /// Of one execution's run time: standard deviation relative to its mean.
  double run_time_jitter = 0.01;
  /// Between two segments of a pass.
  Duration segment_gap = std::chrono::microseconds(4);
  /// Between passes: at least this, and up to three times as much, at random.
  Duration pass_gap = std::chrono::microseconds(40);
  /// `whole`: more pause between passes, uniform up to this.
  Duration random_pause{0};
  /// `whole`: passes begin at multiples of this, so that they run in step with the sensor.
  std::optional<double> lock_to_ns;
  /// `weighing`: length of a block and repeats.
  Duration block_length = std::chrono::seconds(2);
  std::int32_t high_repeats = 8;
  Duration weighing_focus{0};
  /// `weighing` in blocks of one engine each (engine_blocks.h), with loading in between: how long
  /// blocks are, and how many sets of them there are, whatever the duration.
  std::optional<EngineBlocks> engine_blocks;
  std::int32_t engine_sets = 1;
  std::uint64_t seed = 1;
};

/// When each segment ran, exactly: the truth that stamps are made of. StampSource::kMeasured.
Result<Timeline> simulate_timeline(const SimulatedNetwork& network, const SimulatedRun& run,
                                   Instant begin);

/// The timeline with each block earlier or later by up to `most`: blocks are placed between what a
/// program says before and after them. StampSource::kPlacedByDuration.
Timeline with_block_error(const Timeline& timeline, Duration most, std::uint64_t seed);

/// The stamps that a profiler's callback would have left of the same run: all of a pass after its
/// end, 16 to 21 µs apart (real Orin data), each standing as the end of its layer, with the begin
/// its run time before. Ordered by begin. StampSource::kUnknown, as a reader of such files has it.
Timeline with_callback_stamps(const Timeline& timeline, std::uint64_t seed);

}  // namespace layerwatt
