#include "layerwatt/sensors/detect_board.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/sensors/board_table.h"

#include "sensors/boards/board_identity.h"
#include "sensors/boards/board_total.h"
#include "sensors/boards/module_rails.h"
#include "sensors/boards/own_boards.h"

namespace layerwatt {
namespace {

/// How the model of a simulated board's device tree begins.
constexpr std::string_view kVirtualModel = "virtual ";

/// Rails of different chips may have one name; a board's must not.
void make_names_unique(std::vector<ProbedSensor>& sensors) {
  std::set<std::string> taken;
  for (ProbedSensor& sensor : sensors) {
    for (Rail& rail : sensor.rails) {
      if (!taken.insert(rail.name).second) {
        rail.name += fmt::format("@{}", rail.location);
        taken.insert(rail.name);
      }
    }
  }
}

Error no_such_sensor(std::string_view name) {
  std::vector<std::string_view> names;
  for (const SensorKind& kind : sensor_table()) names.push_back(kind.name);
  const auto meant = nearest_name(name, names);
  return Error(ErrorCode::kNotFound,
               fmt::format("there is no kind of sensor '{}'{}; there are {}", name,
                           meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                           fmt::join(names, ", ")));
}

}  // namespace

Result<Board> detect_board(const SystemRoot& root, std::string_view wanted) {
  const auto table = sensor_table();
  if (!wanted.empty() && std::none_of(table.begin(), table.end(), [&](const SensorKind& kind) {
        return kind.name == wanted;
      })) {
    return no_such_sensor(wanted);
  }
  Board board;
  const BoardIdentity identity = read_board_identity(root);
  board.module = module_of(identity.compatible);
  board.soc = soc_of(identity.compatible);
  board.l4t = identity.l4t;
  board.jetpack = jetpack_of(identity.l4t);
  const auto found_board = find_board_of(root, identity);
  if (!found_board) return found_board.error();
  const KnownBoard* known = *found_board;
  board.is_known = known != nullptr;
  board.is_virtual = identity.model.starts_with(kVirtualModel);
  board.name = known != nullptr ? std::string(known->title) : identity.model;
  if (board.is_virtual && known != nullptr) board.name.insert(0, kVirtualModel);
  if (board.name.empty() && !identity.compatible.empty()) board.name = identity.compatible.front();
  if (board.name.empty()) board.name = "unknown machine";

  for (const SensorKind& kind : table) {
    if (wanted.empty() ? kind.on_request : kind.name != wanted) continue;
    auto found = kind.probe(root);
    if (!found) return std::move(found).error().with_context(kind.name);
    for (ProbedSensor& sensor : *found) {
      for (Rail& rail : sensor.rails) rail.is_virtual = rail.is_virtual || board.is_virtual;
      board.sensors.push_back(std::move(sensor));
    }
  }
  if (known != nullptr) tell_module_rails(*known, board.sensors);
  make_names_unique(board.sensors);
  choose_totals(known, board);
  return board;
}

}  // namespace layerwatt
