#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What a machine says of itself.
struct BoardIdentity {
  /// /proc/device-tree/compatible, most specific first; empty on x86.
  std::vector<std::string> compatible;
  /// /proc/device-tree/model, or the product name of the firmware (DMI).
  std::string model;
  /// "36.4.3"; empty outside Jetson Linux, and in most containers.
  std::string l4t;
  /// Major and minor of the running kernel.
  std::optional<std::pair<int, int>> kernel;
};

BoardIdentity read_board_identity(const SystemRoot& root);

/// The strings of a device-tree property: NUL-separated; empty ones are left out.
std::vector<std::string> parse_compatible(std::string_view bytes);

/// The module in entries such as "nvidia,p3737-0000+p3701-0000": "p3701-0000", not the carrier.
/// Entries of developer kits that name no module give the kit's own number ("p2972-0000"). Empty
/// where there is none.
std::string module_of(const std::vector<std::string>& compatible);
/// "tegra234", or empty.
std::string soc_of(const std::vector<std::string>& compatible);

/// "# R36 (release), REVISION: 4.3, GCID: …" is "36.4.3".
std::optional<std::string> parse_tegra_release(std::string_view text);
/// The JetPack that ships an L4T release: "6.2" for "36.4.3"; "6" for releases of a known series
/// that the table does not have; empty for others.
std::string jetpack_of(std::string_view l4t);

/// "5.15.148-tegra" is 5, 15.
std::optional<std::pair<int, int>> parse_kernel_release(std::string_view text);

}  // namespace layerwatt
