#include "cli/sensor_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "layerwatt/sensors/sensor.h"
#include "layerwatt/sensors/virtual_board.h"

#include "cli/duration_option.h"

namespace layerwatt::cli {
namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kVirtual = "virtual:";

}  // namespace

void SensorOptions::declare(CLI::App& app) {
  app.add_option("--sensor", sensor,
                 "auto, a kind of sensor ('layerwatt sensors' lists them), or virtual:BOARD for "
                 "power as that board's sensor would show it")
      ->capture_default_str();
  app.add_option("--rail", recorder.rails, "Rail to read, repeatable; the board's total if absent");
  add_duration(app, "--period", recorder.period,
               "Time from sample to sample; 0 reads as fast as the bus allows. 1 ms if absent, or "
               "what the bus needs");
  app.add_option("--pin", recorder.pin, "CPU for the recorder to stay on")->type_name("CPU");
  app.add_option("--realtime", recorder.realtime_priority,
                 "Real-time priority of the recorder (SCHED_FIFO), 1 to 99; needs rights, else a "
                 "warning")
      ->type_name("PRIORITY")
      ->check(CLI::Range(1, 99));
  app.add_option("--sysfs-root", root, "Look at sensors below this folder")
      ->type_name("DIR")
      ->capture_default_str();
}

Result<std::string> SensorOptions::resolve() {
  recorder.root.path = root;
  recorder.sensor.clear();
  if (sensor == kAuto) return std::string();
  if (sensor.starts_with(kVirtual)) {
    auto board = find_virtual_board(std::string_view(sensor).substr(kVirtual.size()));
    if (!board) return Error(ErrorCode::kInvalidArgument, board.error().to_string());
    return std::string(board->name);
  }
  std::vector<std::string_view> kinds;
  for (const SensorKind& kind : sensor_table()) kinds.push_back(kind.name);
  if (std::find(kinds.begin(), kinds.end(), sensor) == kinds.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("there is no sensor '{}'; write auto, virtual:BOARD or one of: {}",
                             sensor, fmt::join(kinds, ", ")));
  }
  recorder.sensor = sensor;
  return std::string();
}

}  // namespace layerwatt::cli
