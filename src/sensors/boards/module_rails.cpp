#include "sensors/boards/module_rails.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace layerwatt {
namespace {

/// "0040" of "1-0040 channel 1"; empty where the system does not tell.
std::string_view address_of(std::string_view location) {
  const std::string_view device = location.substr(0, location.find(' '));
  const std::size_t dash = device.find('-');
  if (dash == std::string_view::npos || device.size() - dash != 5) return {};
  return device.substr(dash + 1);
}

/// Of the chip that bears a rail on the board as it is simulated; empty where that is not known.
/// Bus numbers change with the kernel, addresses do not.
std::string_view own_address(const KnownBoard& known, std::string_view rail) {
  if (!known.simulated) return {};
  for (const SimulatedChip& chip : known.simulated->chips) {
    if (std::ranges::find(chip.rails, rail, &SimulatedRail::name) == chip.rails.end()) continue;
    return address_of(chip.location);
  }
  return {};
}

/// How many of the board's rails a chip has.
std::ptrdiff_t known_rails_of(const KnownBoard& known, const ProbedSensor& sensor) {
  return std::ranges::count_if(sensor.rails, [&](const Rail& rail) {
    return find_known_rail(&known, rail.name) != nullptr;
  });
}

struct Namesake {
  Rail* rail = nullptr;
  bool is_at_its_address = false;
  std::ptrdiff_t known_rails = 0;

  auto rank() const { return std::pair(is_at_its_address, known_rails); }
};

std::vector<Namesake> rails_named(const KnownBoard& known, const KnownRail& wanted,
                                  std::vector<ProbedSensor>& sensors) {
  const std::string_view own = own_address(known, wanted.name);
  std::vector<Namesake> found;
  for (ProbedSensor& sensor : sensors) {
    const std::ptrdiff_t count = known_rails_of(known, sensor);
    for (Rail& rail : sensor.rails) {
      if (rail.name != wanted.name) continue;
      const std::string_view address = address_of(rail.location);
      const bool fits = own.empty() || address.empty() || address == own;
      found.push_back({&rail, fits, count});
    }
  }
  return found;
}

}  // namespace

void tell_module_rails(const KnownBoard& known, std::vector<ProbedSensor>& sensors) {
  std::vector<Rail*> others;
  for (const KnownRail& wanted : known.rails) {
    std::vector<Namesake> namesakes = rails_named(known, wanted, sensors);
    std::ranges::stable_sort(namesakes, std::greater<>(), &Namesake::rank);
    if (namesakes.empty()) continue;
    const bool is_sure = namesakes.size() == 1 || namesakes[0].rank() > namesakes[1].rank();
    const std::size_t kept = is_sure && namesakes.front().is_at_its_address ? 1 : 0;
    for (std::size_t i = kept; i < namesakes.size(); ++i) others.push_back(namesakes[i].rail);
  }
  // Only now: a chip is known by the names that it came with.
  for (Rail* rail : others) {
    rail->name += fmt::format("@{}", rail->location);
    rail->coverage.clear();
  }
}

}  // namespace layerwatt
