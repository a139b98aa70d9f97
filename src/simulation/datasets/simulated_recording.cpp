#include "layerwatt/simulation/simulated_recording.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "layerwatt/attribution/schedule.h"
#include "layerwatt/core/random.h"

#include "simulation/board/virtual_layer_power.h"
#include "simulation/datasets/simulated_timeline.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

/// Of the monotonic clock of simulated recordings: some hours after a boot.
constexpr Instant kBegin = Instant(10'000s);
/// A callback takes at most this long; the next pass begins after all of them.
constexpr Duration kLongestCallback = 27us;
constexpr Duration kBeforeCallbacks = 60us;
/// By which a block is misplaced at most that is known between two lines of a program.
constexpr Duration kBlockError = 3ms;

const VirtualChipSetup& chip_of_total(const VirtualBoard& board) {
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) {
      if (rail.name == board.total.front()) return chip;
    }
  }
  return board.chips.front();
}

VirtualSpecimen specimen_of(const VirtualBoard& board, const SimulationSpec& spec) {
  VirtualSpecimen specimen = draw_specimen(board, spec.seed);
  if (spec.oscillator_error) specimen.oscillator_error = *spec.oscillator_error;
  if (spec.board_low_pass) specimen.board_low_pass = *spec.board_low_pass;
  if (!spec.drift || spec.lock_to_sensor) {
    specimen.oscillator_drift_per_second = 0.0;
    specimen.oscillator_walk = 0.0;
  }
  if (!spec.drift) specimen.drift = DriftSpec{};
  return specimen;
}

LayerPowers powers_of(const SimulatedNetwork& network, const VirtualBoard& board,
                      const SimulationSpec& spec) {
  LayerPowers powers = virtual_layer_powers(network.layers, board, spec.seed);
  powers.heat = spec.heat;
  powers.heat_time = spec.heat_time;
  Random random(spec.seed, "powers");
  if (spec.shuffle_powers) random.shuffle(powers.first);
  for (std::size_t i = 0; i < powers.first.size(); ++i) {
    const double difference = spec.repeat_difference * random.uniform(-1.0, 1.0);
    powers.repeated[i] = powers.first[i] * (1.0 + difference);
  }
  return powers;
}

/// A multiple of the sensor's true cycle that a pass with its gaps fits into.
double locked_period_ns(const SimulatedNetwork& network, const SimulatedRun& run,
                        const VirtualChipSetup& chip, const VirtualSpecimen& specimen) {
  Duration pass = run.pass_gap * 2;
  for (const Duration t : network.run_times) pass += t + run.segment_gap;
  const double cycle =
      static_cast<double>(conversion_cycle(chip).count()) * (1.0 + specimen.oscillator_error);
  return std::ceil(1.05 * static_cast<double>(pass.count()) / cycle) * cycle;
}

}  // namespace

Result<Simulation> simulate(const SimulatedNetwork& network, const VirtualBoard& board,
                            const SimulationSpec& spec) {
  const VirtualChipSetup& chip = chip_of_total(board);
  const VirtualSpecimen specimen = specimen_of(board, spec);
  const auto segments = static_cast<Duration::rep>(network.layers.size());
  const WeighingPlan plan = plan_weighing(
      network.layers.size(), effective_time_constant(declared_model(chip, chip.rails.front())),
      spec.duration);
  SimulatedRun run;
  run.schedule = spec.schedule;
  run.duration = spec.duration;
  run.run_time_jitter = spec.run_time_jitter;
  run.random_pause = spec.random_pause;
  run.block_length = spec.block_length.value_or(plan.block_length);
  run.high_repeats = spec.high_repeats.value_or(plan.high_repeats);
  if (!spec.high_repeats) run.weighing_focus = plan.focus;
  run.seed = spec.seed;
  if (spec.engine_sets) {
    run.engine_sets = *spec.engine_sets;
    // As a recording has it (recording/idle_stretch.h).
    const auto constant = effective_time_constant(declared_model(chip, chip.rails.front()));
    run.engine_blocks = plan_engine_blocks(std::max<Duration>(1s, 5 * constant.value_or(0s)));
  }
  if (spec.stamps == StampStyle::kCallback) {
    run.pass_gap = kBeforeCallbacks + kLongestCallback * segments;
  }
  if (spec.lock_to_sensor) run.lock_to_ns = locked_period_ns(network, run, chip, specimen);

  Simulation simulation;
  auto timeline = simulate_timeline(network, run, kBegin + spec.idle_before);
  if (!timeline) return std::move(timeline).error();
  simulation.true_timeline = *std::move(timeline);
  simulation.timeline = spec.stamps == StampStyle::kCallback
                            ? with_callback_stamps(simulation.true_timeline, spec.seed)
                        : spec.engine_sets
                            ? with_block_error(simulation.true_timeline, kBlockError, spec.seed)
                            : simulation.true_timeline;
  simulation.begin = kBegin;
  simulation.end = kBegin + spec.idle_before + spec.idle_after;
  if (!simulation.true_timeline.executions.empty()) {
    simulation.end = simulation.true_timeline.executions.back().end + spec.idle_after;
  }
  VirtualReader reader = spec.reader;
  if (!spec.all_rails && reader.rails.empty()) {
    for (const std::string_view name : board.total) reader.rails.emplace_back(name);
  }
  auto virtual_run =
      record_virtual_run(simulation.true_timeline, board, specimen, powers_of(network, board, spec),
                         spec.seed, simulation.begin, simulation.end, reader);
  if (!virtual_run) return std::move(virtual_run).error();
  simulation.run = *std::move(virtual_run);
  if (spec.schedule == Schedule::kWeighing) {
    simulation.high_repeats = run.high_repeats;
    simulation.block_length = run.block_length;
  }
  return simulation;
}

}  // namespace layerwatt
