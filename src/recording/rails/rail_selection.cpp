#include "layerwatt/recording/rail_selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/core/nearest_name.h"

namespace layerwatt {
namespace {

std::vector<Rail> usable_rails(const Board& board, const std::string& sensor) {
  std::vector<Rail> rails;
  for (const ProbedSensor& probed : board.sensors) {
    for (const Rail& rail : probed.rails) {
      if (sensor.empty() || rail.sensor == sensor) rails.push_back(rail);
    }
  }
  return rails;
}

Error no_rails(const Board& board, const std::string& sensor) {
  std::string message = sensor.empty()
                            ? std::string("this machine has no power sensor that can be read")
                            : fmt::format("no rail of the sensor '{}' can be read here", sensor);
  for (const ProbedSensor& probed : board.sensors) {
    for (const UnusableRail& rail : probed.unusable) {
      message += fmt::format("\n  {} at {}: {}", rail.name, rail.location, rail.reason);
      if (!rail.remedy.empty()) message += fmt::format("; {}", rail.remedy);
    }
  }
  message += "\n'layerwatt sensors' shows what was looked at.";
  return Error(ErrorCode::kNotFound, std::move(message));
}

Error no_such_rail(const std::string& name, const std::vector<Rail>& rails) {
  std::vector<std::string_view> known;
  for (const Rail& rail : rails) known.push_back(rail.name);
  std::string message = fmt::format("there is no rail '{}'", name);
  if (const auto meant = nearest_name(name, known)) {
    message += fmt::format("; did you mean '{}'?", *meant);
  }
  message += fmt::format(" The rails are: {}", fmt::join(known, ", "));
  return Error(ErrorCode::kNotFound, std::move(message));
}

const Rail* find(const std::vector<Rail>& rails, const std::string& name) {
  const auto at =
      std::find_if(rails.begin(), rails.end(), [&](const Rail& rail) { return rail.name == name; });
  return at == rails.end() ? nullptr : &*at;
}

}  // namespace

bool has_virtual_rail(const RailSelection& selection) {
  return std::ranges::any_of(selection.rails, [](const Rail& rail) { return rail.is_virtual; });
}

Result<RailSelection> select_rails(const Board& board, const std::vector<std::string>& wanted,
                                   const std::string& sensor) {
  const std::vector<Rail> usable = usable_rails(board, sensor);
  if (usable.empty()) return no_rails(board, sensor);
  RailSelection selection;
  if (!wanted.empty()) {
    for (const std::string& name : wanted) {
      const Rail* rail = find(usable, name);
      if (rail == nullptr) return no_such_rail(name, usable);
      if (find(selection.rails, name) == nullptr) selection.rails.push_back(*rail);
    }
    selection.why = "asked for with --rail";
  } else {
    for (const Total& total : board.totals) {
      const bool whole =
          std::all_of(total.rails.begin(), total.rails.end(),
                      [&](const std::string& name) { return find(usable, name) != nullptr; });
      if (!whole || total.rails.empty()) continue;
      for (const std::string& name : total.rails) selection.rails.push_back(*find(usable, name));
      selection.why = total.why;
      break;
    }
    if (selection.rails.empty()) {
      std::vector<std::string_view> known;
      for (const Rail& rail : usable) known.push_back(rail.name);
      return Error(ErrorCode::kNotFound,
                   fmt::format("it is not known which rails make up the total of {}{}{}; name one "
                               "or more with --rail. The rails are: {}",
                               board.name.empty() ? "this machine" : board.name,
                               board.no_total_reason.empty() ? "" : ": ", board.no_total_reason,
                               fmt::join(known, ", ")));
    }
  }
  std::vector<std::string_view> names;
  for (const Rail& rail : selection.rails) names.push_back(rail.name);
  selection.name = fmt::format("{}", fmt::join(names, " + "));
  selection.total.assign(names.begin(), names.end());
  return selection;
}

Result<void> add_rails(const Board& board, const std::vector<std::string>& wanted,
                       const std::string& sensor, RailSelection& selection) {
  const std::vector<Rail> usable = usable_rails(board, sensor);
  for (const std::string& name : wanted) {
    const Rail* rail = find(usable, name);
    if (rail == nullptr) return no_such_rail(name, usable);
    if (find(selection.rails, name) == nullptr) selection.rails.push_back(*rail);
  }
  return {};
}

Result<std::vector<std::unique_ptr<Sensor>>> open_rails(const SystemRoot& root, const Board& board,
                                                        RailSelection& selection) {
  std::vector<std::unique_ptr<Sensor>> sensors;
  std::vector<Rail> in_order;
  for (const ProbedSensor& probed : board.sensors) {
    std::vector<std::string> names;
    std::string kind_name;
    for (const Rail& rail : probed.rails) {
      const Rail* wanted = find(selection.rails, rail.name);
      if (wanted == nullptr || wanted->sensor != rail.sensor) continue;
      if (wanted->location != rail.location || find(in_order, rail.name) != nullptr) continue;
      names.push_back(rail.name);
      kind_name = rail.sensor;
    }
    if (names.empty()) continue;
    const auto kinds = sensor_table();
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const SensorKind& k) { return k.name == kind_name; });
    if (kind == kinds.end()) {
      return Error(ErrorCode::kInternal,
                   fmt::format("the sensor table has no row '{}'", kind_name));
    }
    auto sensor = kind->open(root, probed, names);
    if (!sensor) return std::move(sensor).error();
    for (const Rail& rail : (*sensor)->rails()) in_order.push_back(rail);
    sensors.push_back(*std::move(sensor));
  }
  if (in_order.size() != selection.rails.size()) {
    return Error(ErrorCode::kGone,
                 fmt::format("only {} of the {} rails of {} could be opened", in_order.size(),
                             selection.rails.size(), selection.name));
  }
  selection.rails = std::move(in_order);
  return sensors;
}

}  // namespace layerwatt
