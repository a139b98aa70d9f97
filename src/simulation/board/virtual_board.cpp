#include "layerwatt/simulation/virtual_board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/power_chips.h"
#include "layerwatt/sensors/board_table.h"

namespace layerwatt {
namespace {

VirtualChipSetup chip_of(const KnownBoard& known, const SimulatedChip& simulated) {
  VirtualChipSetup chip;
  chip.kind = simulated.kind;
  chip.location = simulated.location;
  chip.first_channel = simulated.first_channel;
  chip.conversion_time = simulated.conversion_time;
  chip.average_count = simulated.average_count;
  chip.summed_rails = simulated.summed_rails;
  for (const SimulatedRail& rail : simulated.rails) {
    const KnownRail* of_board = find_known_rail(&known, rail.name);
    const double milliohms = rail.milliohms > 0.0 ? rail.milliohms : of_board->milliohms;
    chip.rails.push_back({rail.name, of_board->coverage, Ohms(1e-3 * milliohms), Volts(rail.volts),
                          Watts(rail.idle_watts), rail.load_share});
  }
  return chip;
}

VirtualBoard board_of(const KnownBoard& known) {
  const SimulatedBoard& simulated = *known.simulated;
  VirtualBoard board{simulated.name,       known.title, simulated.module,          simulated.soc,
                     simulated.compatible, {},          known.totals.front().rails};
  for (const SimulatedChip& chip : simulated.chips) board.chips.push_back(chip_of(known, chip));
  board.board_low_pass = simulated.board_low_pass;
  board.read_time = simulated.read_time;
  board.least_layer_power = Watts(simulated.least_layer_watts);
  board.greatest_layer_power = Watts(simulated.greatest_layer_watts);
  return board;
}

/// The newest first, which stand last in the table of boards.
const std::vector<VirtualBoard>& table() {
  static const std::vector<VirtualBoard> kBoards = [] {
    std::vector<VirtualBoard> boards;
    const auto known = board_table();
    for (auto board = known.rbegin(); board != known.rend(); ++board) {
      if (board->simulated) boards.push_back(board_of(*board));
    }
    return boards;
  }();
  return kBoards;
}

}  // namespace

std::span<const VirtualBoard> virtual_boards() { return table(); }

Result<VirtualBoard> find_virtual_board(std::string_view name) {
  std::vector<std::string_view> names;
  for (const VirtualBoard& board : table()) {
    if (board.name == name) return board;
    names.push_back(board.name);
  }
  const std::optional<std::string> meant = nearest_name(name, names);
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("there is no virtual board '{}'{}; there are {}", name,
                           meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                           fmt::join(names, ", ")));
}

Result<VirtualBoard> with_sensor_settings(VirtualBoard board, std::optional<int> samples,
                                          std::optional<Duration> conversion_time) {
  if (samples && std::ranges::find(ina3221::kAverages, *samples) == ina3221::kAverages.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the INA3221 cannot average {} samples; it knows {}", *samples,
                             fmt::join(ina3221::kAverages, ", ")));
  }
  constexpr auto& kTimes = ina3221::kConversionTimes;
  if (conversion_time && std::ranges::find(kTimes, *conversion_time) == kTimes.end()) {
    std::vector<double> known;
    for (const Duration time : kTimes) known.push_back(to_microseconds(time));
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the INA3221 has no conversion time of {} µs; it knows {}",
                             to_microseconds(*conversion_time), fmt::join(known, ", ")));
  }
  for (VirtualChipSetup& chip : board.chips) {
    if (chip.kind == PowerChipKind::kIna238) continue;
    if (samples) chip.average_count = *samples;
    if (conversion_time) chip.conversion_time = *conversion_time;
  }
  return board;
}

Duration conversion_cycle(const VirtualChipSetup& chip) {
  if (chip.kind == PowerChipKind::kIna238)
    return chip.conversion_time * ina238::kConversionsPerCycle;
  return chip.conversion_time * ina3221::kConversionsPerChannel *
         static_cast<int>(chip.rails.size());
}

Watts power_step(const VirtualChipSetup& chip, const VirtualRail& rail) {
  const Volts step = chip.kind == PowerChipKind::kIna238 ? ina238::kShuntStep : ina3221::kShuntStep;
  return rail.bus * Amperes(step.value() / rail.shunt.value());
}

SensorModel declared_model(const VirtualChipSetup& chip, const VirtualRail& rail) {
  const bool block = chip.kind == PowerChipKind::kIna238;
  SensorModel model;
  model.period = conversion_cycle(chip);
  model.conversion_window = chip.conversion_time;
  model.averaging = block                     ? Averaging::kBlock
                    : chip.average_count == 1 ? Averaging::kNone
                                              : Averaging::kExponential;
  model.average_count = chip.average_count;
  model.lsb = power_step(chip, rail);
  model.provenance = Provenance::kDeclared;
  model.source = fmt::format("virtual {}: {} samples averaged, conversions of {} µs",
                             block ? "INA238" : "INA3221", chip.average_count,
                             to_microseconds(chip.conversion_time));
  return model;
}

Watts idle_power(const VirtualBoard& board) {
  Watts sum;
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) {
      if (std::ranges::find(board.total, rail.name) != board.total.end()) sum += rail.idle;
    }
  }
  return sum;
}

}  // namespace layerwatt
