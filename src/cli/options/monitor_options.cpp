#include "cli/options/monitor_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/simulation/virtual_board.h"
#include "layerwatt/simulation/virtual_sensor.h"

#include "cli/options/duration_option.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {
namespace {

constexpr std::string_view kVirtual = "virtual:";
constexpr std::uint64_t kSeed = 1;

/// A virtual board in this process, under a load that comes and goes.
OpenSource virtual_source(const VirtualBoard& board) {
  return [board]() -> Result<MonitorSource> {
    MonitorSource source;
    source.board = describe_virtual_board(board);
    source.total = source.board.totals.front().rails;
    source.why = source.board.totals.front().why;
    source.sensors.push_back(
        open_virtual_sensor(board, usual_bursts(board), kSeed, MonotonicClock::now));
    return source;
  };
}

Result<void> check_sensor(const std::string& name) {
  std::vector<std::string_view> kinds;
  for (const SensorKind& kind : sensor_table()) kinds.push_back(kind.name);
  if (std::ranges::find(kinds, name) != kinds.end()) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("there is no sensor '{}'; write auto, virtual:BOARD or one of: {}", name,
                           fmt::join(kinds, ", ")));
}

}  // namespace

void MonitorOptions::declare(App& app) {
  declare_sensor_choice(
      app, recorder,
      "auto, a kind of sensor ('layerwatt sensors' lists them), replay:RUN for the power of a run "
      "that was recorded, or virtual:BOARD for a board that is not there, with a load that comes "
      "and goes");
  app.add_option("--rail", rails, "Rail to read, repeatable; every rail if absent");
  add_duration(app, "--period", period,
               "Time from reading to reading; what the sensors ask for if absent (50 ms on a stock "
               "Jetson)",
               ranges::kMonitorPeriod);
  app.add_option("--runs", runs,
                 "Result folder of 'layerwatt measure', repeatable: a measurement that runs there "
                 "is shown too")
      ->check(named())
      ->type_name("DIR")
      ->capture_default_str();
}

Result<MonitorOptions::Source> MonitorOptions::resolve() const {
  Source source;
  source.root = recorder.root;
  if (recorder.sensor.starts_with(kVirtual)) {
    auto board = find_virtual_board(std::string_view(recorder.sensor).substr(kVirtual.size()));
    if (!board) return Error(ErrorCode::kInvalidArgument, board.error().to_string());
    if (!rails.empty()) {
      return Error(ErrorCode::kInvalidArgument, "a virtual board is read whole: leave out --rail");
    }
    source.open = virtual_source(*board);
    return source;
  }
  RailChoice choice{source.root, {}, rails};
  if (!recorder.sensor.empty()) {
    if (auto ok = check_sensor(recorder.sensor); !ok) return std::move(ok).error();
    choice.sensor = recorder.sensor;
  }
  source.open = [choice] { return open_machine(choice); };
  return source;
}

}  // namespace layerwatt::cli
