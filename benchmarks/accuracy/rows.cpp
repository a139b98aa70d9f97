#include "accuracy/rows.h"

#include <array>
#include <chrono>
#include <string>

#include "layerwatt/core/random.h"
#include "layerwatt/simulation/simulated_network.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt::accuracy {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 2> kNetworks = {"alexnet-like", "mobilenet-like"};

constexpr std::array kRows = {
    Row{.name = "weighing-512",
        .title = "512 averages, weighing, 80 s",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 80s,
        .limit = 0.03},
    Row{.name = "weighing-1",
        .title = "1 average, 140 µs, weighing, 40 s",
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 40s,
        .limit = 0.01},
    Row{.name = "engines-512",
        .title = "512 averages, weighing by trtexec, 2 sets",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .engine_sets = 2,
        .limit = 0.03},
    Row{.name = "engines-1",
        .title = "1 average, 140 µs, weighing by trtexec, 2 sets",
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .engine_sets = 2,
        .limit = 0.03},
    Row{.name = "whole-1",
        .title = "1 average, 140 µs, whole, 60 s",
        .conversion_time = 140us,
        .duration = 60s,
        .limit = 0.04},
    Row{.name = "whole-1-slow",
        .title = "1 average, 1.1 ms, whole, 90 s",
        .conversion_time = 1100us,
        .duration = 90s,
        .limit = 0.03},
    Row{.name = "whole-512",
        .title = "512 averages, whole, 60 s",
        .samples = 512,
        .conversion_time = 140us,
        .duration = 60s},
    Row{.name = "locked",
        .title = "1 average, 140 µs, whole, locked, 60 s",
        .conversion_time = 140us,
        .duration = 60s,
        .locked = true},
    Row{.name = "callback",
        .title = "1 average, 140 µs, whole, callbacks, 60 s",
        .conversion_time = 140us,
        .duration = 60s,
        .stamps = StampStyle::kCallback,
        .limit = 0.06},
    Row{.name = "published-512",
        .title = "published files: 512 averages, whole, 60 s",
        .samples = 512,
        .conversion_time = 140us,
        .duration = 60s,
        .given = Given::kPublished},
    Row{.name = "published-1-slow",
        .title = "published files: 1.1 ms, whole, 90 s",
        .conversion_time = 1100us,
        .duration = 90s,
        .given = Given::kPublished,
        .limit = 0.04},
    Row{.name = "published-1",
        .title = "published files: 140 µs, whole, 60 s",
        .conversion_time = 140us,
        .duration = 60s,
        .given = Given::kPublished,
        .limit = 0.01},
    Row{.name = "published-tegrastats",
        .title = "published files: every 100 ms, whole, 60 s",
        .samples = 512,
        .conversion_time = 140us,
        .duration = 60s,
        .given = Given::kPublished,
        .reader_period = 100ms},
    Row{.name = "undeclared-weighing",
        .title = "undeclared: 512 averages, weighing, 80 s",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 80s,
        .given = Given::kUndeclared,
        .limit = 0.03},
    Row{.name = "heat-weighing",
        .title = "512 averages, weighing, 80 s, +5 % in 20 s",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 80s,
        .heat = 0.05,
        .limit = 0.03},
    Row{.name = "heat-whole",
        .title = "512 averages, whole, 60 s, +5 % in 20 s",
        .samples = 512,
        .conversion_time = 140us,
        .duration = 60s,
        .heat = 0.05},
    Row{.name = "weighing-512-50",
        .title = "512 averages, weighing, 50 layers, 20 s",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 20s,
        .layers = 50,
        .limit = 0.03},
    Row{.name = "repeats",
        .title = "512 averages, weighing, 80 s, repeats ±5 %",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 80s,
        .repeat_difference = 0.05,
        .limit = 0.05},
    Row{.name = "repeats-1",
        .title = "1 average, weighing, 30 s, repeats ±5 %",
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 30s,
        .repeat_difference = 0.05,
        .limit = 0.01},
    Row{.name = "agx",
        .title = "AGX Orin, three rails, weighing, 80 s",
        .board = "agx-orin",
        .samples = 0,
        .schedule = Schedule::kWeighing,
        .duration = 80s,
        .limit = 0.05},
    Row{.name = "agx-1",
        .title = "AGX Orin, three rails, 1 average, weighing, 40 s",
        .board = "agx-orin",
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 40s,
        .limit = 0.05},
    Row{.name = "xavier-1",
        .title = "AGX Xavier, six rails, 1 average, weighing, 40 s",
        .board = "agx-xavier",
        .conversion_time = 140us,
        .schedule = Schedule::kWeighing,
        .duration = 40s,
        .limit = 0.05},
    Row{.name = "agx-whole-1",
        .title = "AGX Orin, three rails, 1 average, whole, 60 s",
        .board = "agx-orin",
        .conversion_time = 140us,
        .duration = 60s,
        .limit = 0.05},
    Row{.name = "isolated-512",
        .title = "512 averages, isolated, 80 s",
        .samples = 512,
        .conversion_time = 140us,
        .schedule = Schedule::kIsolated,
        .duration = 80s,
        .limit = 0.03},
    Row{.name = "isolated-1",
        .title = "1 average, 140 µs, isolated, 40 s",
        .conversion_time = 140us,
        .schedule = Schedule::kIsolated,
        .duration = 40s,
        .limit = 0.01},
    Row{.name = "isolated-blocks",
        .title = "Thor, block averages, isolated, 40 s",
        .board = "thor",
        .samples = 0,
        .schedule = Schedule::kIsolated,
        .duration = 40s,
        .limit = 0.01},
};

}  // namespace

std::span<const Row> rows() { return kRows; }

Result<Simulation> simulate_row(const Row& row, std::int64_t number, std::uint64_t seed) {
  Random random(seed, row.name);
  std::uint64_t recording_seed = 0;
  for (std::int64_t i = 0; i <= number; ++i) recording_seed = random.bits();
  Random draw(recording_seed, "recording");
  auto network = row.layers > 0
                     ? Result<SimulatedNetwork>(random_network(row.layers, recording_seed))
                     : built_in_simulated_network(
                           kNetworks[static_cast<std::size_t>(number) % kNetworks.size()]);
  if (!network) return std::move(network).error();
  auto board = find_virtual_board(row.board);
  if (!board) return std::move(board).error();
  if (row.samples > 0) {
    board = with_sensor_settings(*std::move(board), row.samples, row.conversion_time);
  }
  if (!board) return std::move(board).error();
  SimulationSpec spec;
  spec.schedule = row.schedule;
  spec.duration = row.duration;
  spec.stamps = row.stamps;
  spec.lock_to_sensor = row.locked;
  spec.engine_sets = row.engine_sets;
  spec.repeat_difference = row.repeat_difference;
  spec.heat = row.heat;
  spec.shuffle_powers = true;
  spec.seed = recording_seed;
  spec.oscillator_error = draw.uniform(-0.06, 0.06);
  spec.board_low_pass = from_seconds(draw.uniform(0.0, 300e-6));
  spec.reader.stall_share = 0.01;
  spec.reader.period = row.reader_period;
  const double read_time = draw.uniform(0.65e-3, 1.35e-3);
  spec.reader.shortest_read = from_seconds(read_time - 0.05e-3);
  spec.reader.longest_read = from_seconds(read_time + 0.05e-3);
  return simulate(*network, *board, spec);
}

}  // namespace layerwatt::accuracy
