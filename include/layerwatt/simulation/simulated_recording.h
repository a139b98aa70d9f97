#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/simulation/simulated_network.h"
#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

namespace layerwatt {

/// Where the stamps of a simulated timeline come from.
enum class StampStyle {
  kMeasured,  ///< begin and end of each segment, exact
  kCallback,  ///< after the pass, as a profiler's callback leaves them
};

/// A recording to be simulated. What is absent is drawn from the seed (a specimen of the board) or
/// follows from the board's settings.
struct SimulationSpec {
  Schedule schedule = Schedule::kWhole;
  /// Of the schedule; the recording is longer by the two idle stretches.
  Duration duration = std::chrono::seconds(60);
  Duration idle_before = std::chrono::seconds(3);
  Duration idle_after = std::chrono::seconds(3);
  StampStyle stamps = StampStyle::kMeasured;
  /// `whole`: passes in step with the sensor's conversions.
  bool lock_to_sensor = false;
  /// `whole`: random pause between passes, uniform up to this.
  Duration random_pause{0};
  double run_time_jitter = 0.01;
  /// Without drift, idle power and the sensor's oscillator stay as they are.
  bool drift = true;
  /// Power of immediate repeats relative to that of first executions: drawn within 1 ± this.
  double repeat_difference = 0.0;
  /// As LayerPowers.
  double heat = 0.0;
  Duration heat_time = std::chrono::seconds(20);
  /// Draws the powers anew by shuffling those of the layers' kinds among all layers.
  bool shuffle_powers = false;
  std::optional<double> oscillator_error;
  std::optional<Duration> board_low_pass;
  /// `weighing`: chosen from the sensor where absent.
  std::optional<Duration> block_length;
  std::optional<std::int32_t> high_repeats;
  /// `weighing` as programs that load one engine each do it (engine_blocks.h): so many sets of
  /// blocks, whatever the duration. Stamps are then placed by duration.
  std::optional<std::int32_t> engine_sets;
  /// Only the rails of the total are read unless `all_rails`.
  bool all_rails = false;
  VirtualReader reader;
  std::uint64_t seed = 1;
};

/// A simulated recording and its truth.
struct Simulation {
  /// What ran when.
  Timeline true_timeline;
  /// What a recording would have of it: the same, or callback stamps.
  Timeline timeline;
  VirtualRun run;
  Instant begin;
  Instant end;
  std::int32_t high_repeats = 0;
  Duration block_length{0};
};

/// Simulates one recording. Deterministic; no clocks, no files.
Result<Simulation> simulate(const SimulatedNetwork& network, const VirtualBoard& board,
                            const SimulationSpec& spec);

}  // namespace layerwatt
