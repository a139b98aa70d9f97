#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/experiment/characterise.h"

namespace layerwatt {
namespace {

std::vector<Rail> all_rails(const Board& board) {
  std::vector<Rail> rails;
  for (const ProbedSensor& sensor : board.sensors) {
    rails.insert(rails.end(), sensor.rails.begin(), sensor.rails.end());
  }
  return rails;
}

/// Another register of a chip that averages, of which the settings say that it does not.
bool is_sum_register(const Rail& rail) {
  return rail.sensor == "ina3221-hwmon" && rail.model.averaging == Averaging::kNone &&
         rail.location.ends_with("sum register");
}

}  // namespace

Result<std::unique_ptr<SwitchedLoad>> make_load(const Board& board,
                                                const std::optional<std::string>& activity) {
  if (activity) {
    if (board.is_virtual) return make_activity_load(*activity);
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} is no virtual board, so nobody reads the activity file {}",
                             board.name, *activity));
  }
  if (!board.is_virtual) return make_processor_load();
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("the {} does not see what this machine's processor does; name the file "
                           "that it was started with: --activity FILE",
                           board.name));
}

Result<std::vector<Rail>> rails_to_characterise(const Board& board,
                                                const std::optional<std::string>& name) {
  if (name) {
    auto rail = find_rail(board, *name);
    if (!rail) return std::move(rail).error();
    return std::vector<Rail>{*std::move(rail)};
  }
  const std::vector<Rail> rails = all_rails(board);
  if (rails.empty()) {
    return Error(
        ErrorCode::kNotFound,
        fmt::format("{} has no power sensor that can be read; 'layerwatt sensors' says why",
                    board.name));
  }
  if (board.totals.empty() && rails.size() > 1) {
    std::vector<std::string_view> names;
    for (const Rail& rail : rails) names.push_back(rail.name);
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} has no total ({}); choose a rail by --rail: {}", board.name,
                             board.no_total_reason, fmt::join(names, ", ")));
  }
  if (board.totals.empty()) return rails;
  const auto& total = board.totals.front().rails;
  std::vector<Rail> chosen;
  for (const Rail& rail : rails) {
    const bool is_part = std::find(total.begin(), total.end(), rail.name) != total.end();
    if (is_part || is_sum_register(rail)) chosen.push_back(rail);
  }
  return chosen;
}

Result<Characterisation> characterise_rail(const SystemRoot& root, const Board& board,
                                           std::string_view rail, SwitchedLoad& load,
                                           const CharacteriseOptions& options,
                                           const Cancellation& stop) {
  for (const ProbedSensor& sensor : board.sensors) {
    const bool has_it = std::any_of(sensor.rails.begin(), sensor.rails.end(),
                                    [&](const Rail& candidate) { return candidate.name == rail; });
    if (!has_it) continue;
    const auto opened = open_sensor(root, sensor, {{std::string(rail)}});
    if (!opened) return opened.error();
    return characterise(**opened, load, options, stop);
  }
  return Error(ErrorCode::kNotFound, fmt::format("{} has no rail {}", board.name, rail));
}

}  // namespace layerwatt
