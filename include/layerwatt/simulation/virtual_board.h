#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/units.h"
#include "layerwatt/sensors/board_table.h"

namespace layerwatt {

/// A supply of a virtual board: one channel of a power chip.
struct VirtualRail {
  std::string_view name;
  std::string_view coverage;
  Ohms shunt;
  Volts bus;
  Watts idle;
  /// Part of the board's power above idle that flows through this rail, 0 to 1. Over the rails of
  /// the total the parts add up to 1; rails behind another rail have a part of their own.
  double load_share = 0.0;
};

/// One power chip with its settings: three channels or fewer, converted in turn.
struct VirtualChipSetup {
  PowerChipKind kind = PowerChipKind::kIna3221Hwmon;
  /// "1-0040": bus and address.
  std::string_view location;
  /// Enabled channels only, in channel order.
  std::vector<VirtualRail> rails;
  /// 1-based channel number of the first rail, the rest follow (AGX Orin's second chip has only
  /// channel 2 enabled).
  int first_channel = 1;
  /// Of one conversion; the shunt and the bus voltage take one each.
  Duration conversion_time{0};
  int average_count = 1;
  /// So many of the first rails are in the sum register, which no average smooths; 0: it is not
  /// shown.
  std::size_t summed_rails = 0;
};

/// A machine that exists in a table only: what its power sensors would show can be computed for any
/// load (facts of the real boards: power-sensors page). Idle powers and the range of layer powers
/// are typical values, not measurements of a particular board.
struct VirtualBoard {
  /// "orin-nano": as asked for on the command line.
  std::string_view name;
  /// "Jetson Orin Nano".
  std::string_view title;
  /// "p3767-0005" and "tegra234".
  std::string_view module;
  std::string_view soc;
  /// Entries of /proc/device-tree/compatible, most specific first.
  std::vector<std::string_view> compatible;
  std::vector<VirtualChipSetup> chips;
  /// The rails that add up to the board's total.
  std::vector<std::string_view> total;
  /// Time constant between the load and the shunts (regulators, capacitors).
  Duration board_low_pass{0};
  /// One rail's read through the driver: voltage and current.
  Duration read_time{0};
  /// Power above idle of the least and most demanding layers.
  Watts least_layer_power = Watts(0.0);
  Watts greatest_layer_power = Watts(0.0);
};

/// Every virtual board, in the order of their listing.
std::span<const VirtualBoard> virtual_boards();

/// The board with that name; the error lists those there are.
Result<VirtualBoard> find_virtual_board(std::string_view name);

/// The same board with other chip settings, as written to `samples` and as a conversion time: on
/// its INA3221 chips; an INA238 keeps its own. The values must be ones that the chip knows
/// (1, 4, 16, 64 … 1024; 140, 204, 332, 588, 1100, 2116, 4156, 8244 µs).
Result<VirtualBoard> with_sensor_settings(VirtualBoard board, std::optional<int> samples,
                                          std::optional<Duration> conversion_time);

/// One conversion of every channel of the chip in turn, by the nominal clock.
Duration conversion_cycle(const VirtualChipSetup& chip);

/// The smallest step of power that a reading of the rail makes at its usual voltage.
Watts power_step(const VirtualChipSetup& chip, const VirtualRail& rail);

/// What a recorder would be told of the rail by the driver's settings: nominal period and window,
/// averaging, step; lag and board low-pass unknown.
SensorModel declared_model(const VirtualChipSetup& chip, const VirtualRail& rail);

/// Idle power of the board's total.
Watts idle_power(const VirtualBoard& board);

}  // namespace layerwatt
