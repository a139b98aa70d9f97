#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// What is known of a rail beside what the driver says.
struct KnownRail {
  std::string_view name;
  /// What draws through it.
  std::string_view coverage;
  /// Of the shunt, by the device tree; 0 where it is not known. Only for drivers that do not say.
  double milliohms = 0.0;
};

struct KnownTotal {
  std::string_view name;
  std::vector<std::string_view> rails;
  std::string_view why;
};

/// The power chips of boards, by what their drivers show.
enum class PowerChipKind {
  kIna3221Hwmon,  ///< millivolts and milliamperes, as JetPack 5 and later print them
  kIna3221Iio,    ///< the same, and whole milliwatts (JetPack 4)
  kIna238,        ///< microwatts; block averages of shunt, bus and temperature in turn
};

/// A rail of the board as it can be simulated: what it feeds stands in KnownBoard::rails.
struct SimulatedRail {
  std::string_view name;
  double volts = 0.0;
  double idle_watts = 0.0;
  /// Part of the board's power above idle that flows through this rail, 0 to 1. Over the rails of
  /// the total the parts add up to 1; rails behind another rail have a part of their own.
  double load_share = 0.0;
  /// Of the shunt, where KnownRail does not know it.
  double milliohms = 0.0;
};

/// A chip with the settings of the stock system: three channels or fewer, converted in turn.
struct SimulatedChip {
  PowerChipKind kind = PowerChipKind::kIna3221Hwmon;
  /// "1-0040": bus and address.
  std::string_view location;
  /// Enabled channels only, in channel order.
  std::vector<SimulatedRail> rails = {};
  Duration conversion_time{0};
  int average_count = 1;
  /// 1-based channel number of the first rail, the rest follow.
  int first_channel = 1;
  /// So many of the first rails are in the sum register; 0: it is not shown.
  std::size_t summed_rails = 0;
};

/// What it takes to simulate a board, beside its rails and total. Idle powers and the range of
/// layer powers are typical values, not measurements of a particular board.
struct SimulatedBoard {
  /// "orin-nano": as asked for on the command line.
  std::string_view name;
  std::string_view module;
  std::string_view soc;
  /// Entries of /proc/device-tree/compatible, most specific first.
  std::vector<std::string_view> compatible = {};
  std::vector<SimulatedChip> chips = {};
  /// Time constant between the load and the shunts (regulators, capacitors).
  Duration board_low_pass{0};
  /// One rail's read through the driver: voltage and current.
  Duration read_time{0};
  /// Power above idle of the least and most demanding layers.
  double least_layer_watts = 0.0;
  double greatest_layer_watts = 0.0;
};

/// One board (or several with the same rails): NVIDIA's device trees and manuals, as the page
/// docs/sensors/boards.md lists them.
struct KnownBoard {
  std::string_view title;
  /// Part numbers of the module; "p3701-0004" or, for all versions, "p3310". The first match of the
  /// whole table wins, so exact numbers stand before shorter ones.
  std::vector<std::string_view> parts;
  std::vector<KnownRail> rails;
  /// Best first.
  std::vector<KnownTotal> totals;
  /// Where there is no total.
  std::string_view no_total_reason;
  /// How `virtual:<name>` simulates it; absent: it does not.
  std::optional<SimulatedBoard> simulated = std::nullopt;
};

std::span<const KnownBoard> board_table();

/// The row for a module such as "p3448-0000-b00", or nullptr.
const KnownBoard* find_board(std::string_view module);
/// The row's rail with that name, or nullptr; `board` may be nullptr.
const KnownRail* find_known_rail(const KnownBoard* board, std::string_view name);

}  // namespace layerwatt
