#include "layerwatt/sensors/board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "layerwatt/core/nearest_name.h"

namespace layerwatt {

Result<Rail> find_rail(const Board& board, std::string_view name) {
  std::vector<std::string_view> names;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) {
      if (rail.name == name) return rail;
      names.push_back(rail.name);
    }
  }
  for (const ProbedSensor& sensor : board.sensors) {
    for (const UnusableRail& rail : sensor.unusable) {
      if (rail.name != name) continue;
      return Error(ErrorCode::kNotFound,
                   fmt::format("the rail {} cannot be used: {}{}{}", name, rail.reason,
                               rail.remedy.empty() ? "" : "; ", rail.remedy));
    }
  }
  if (names.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("there is no rail '{}': {} has no power sensor that can be read; "
                             "'layerwatt sensors' says why",
                             name, board.name));
  }
  const auto meant = nearest_name(name, names);
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no rail '{}'{}; {} has {}", name,
                           meant ? fmt::format(" (did you mean '{}'?)", *meant) : "", board.name,
                           fmt::join(names, ", ")));
}

}  // namespace layerwatt
