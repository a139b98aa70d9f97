#include <algorithm>

#include "layerwatt/monitor/monitor_source.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/sensors/detect_board.h"

namespace layerwatt {
namespace {

std::vector<std::string> all_rails(const Board& board, const std::string& sensor) {
  std::vector<std::string> names;
  for (const ProbedSensor& probed : board.sensors) {
    for (const Rail& rail : probed.rails) {
      if (sensor.empty() || rail.sensor == sensor) names.push_back(rail.name);
    }
  }
  return names;
}

}  // namespace

Result<MonitorSource> open_machine(const RailChoice& choice) {
  auto board = detect_board(choice.root, choice.sensor);
  if (!board) return std::move(board).error();
  MonitorSource source;
  RailSelection selection;
  const std::vector<std::string> names = all_rails(*board, choice.sensor);
  auto total = select_rails(*board, choice.rails, choice.sensor);
  if (total) {
    selection = *std::move(total);
    source.total = selection.total;
    source.why = selection.why;
  } else if (choice.rails.empty() && !names.empty()) {
    source.why =
        board->no_total_reason.empty() ? "no total of this board is known" : board->no_total_reason;
  } else {
    return std::move(total).error();
  }
  if (choice.rails.empty()) {
    if (auto added = add_rails(*board, names, choice.sensor, selection); !added) {
      return std::move(added).error();
    }
  }
  auto sensors = open_rails(choice.root, *board, selection);
  if (!sensors) return std::move(sensors).error();
  source.sensors = *std::move(sensors);
  source.board = *std::move(board);
  return source;
}

}  // namespace layerwatt
