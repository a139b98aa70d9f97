#include "dataset/foreign/log_units.h"

#include <algorithm>
#include <array>

namespace layerwatt {
namespace {

struct Unit {
  std::string_view role;
  std::string_view name;
  double scale;
};

constexpr std::array<Unit, 14> kUnits{{{"time", "s", 1.0},
                                       {"time", "ms", 1e-3},
                                       {"time", "us", 1e-6},
                                       {"time", "ns", 1e-9},
                                       {"voltage", "V", 1.0},
                                       {"voltage", "mV", 1e-3},
                                       {"voltage", "uV", 1e-6},
                                       {"current", "A", 1.0},
                                       {"current", "mA", 1e-3},
                                       {"current", "uA", 1e-6},
                                       {"power", "W", 1.0},
                                       {"power", "mW", 1e-3},
                                       {"power", "uW", 1e-6},
                                       {"power", "kW", 1e3}}};

}  // namespace

std::optional<double> scale_of(std::string_view role, std::string_view unit) {
  const auto at = std::ranges::find_if(
      kUnits, [&](const Unit& known) { return known.role == role && known.name == unit; });
  if (at == kUnits.end()) return std::nullopt;
  return at->scale;
}

}  // namespace layerwatt
