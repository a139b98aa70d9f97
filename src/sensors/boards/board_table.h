#pragma once

#include <span>
#include <string_view>
#include <vector>

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
};

std::span<const KnownBoard> board_table();

/// The row for a module such as "p3448-0000-b00", or nullptr.
const KnownBoard* find_board(std::string_view module);
/// The row's rail with that name, or nullptr; `board` may be nullptr.
const KnownRail* find_known_rail(const KnownBoard* board, std::string_view name);

}  // namespace layerwatt
