#include "cli/options/sensor_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"

#include "cli/options/duration_option.h"

namespace layerwatt::cli {
namespace {

constexpr std::string_view kAuto = "auto";
constexpr std::string_view kVirtual = "virtual:";

}  // namespace

void declare_tegrastats(CLI::App& app, std::string& program) {
  app.add_option(
         "--tegrastats", program,
         "Program to start for --sensor tegrastats; the one on PATH if absent. -: the lines "
         "of one that runs, from standard input")
      ->type_name("PROGRAM|-");
}

void declare_tegrastats_interval(CLI::App& app, std::optional<Duration>& interval) {
  add_duration(app, "--tegrastats-interval", interval,
               "What it is asked to print at; 20 ms if absent");
}

Result<void> resolve_tegrastats(const std::string& program, const std::optional<Duration>& interval,
                                SystemRoot& root) {
  root.tegrastats = program;
  if (!interval) return {};
  root.tegrastats_interval = std::chrono::duration_cast<std::chrono::milliseconds>(*interval);
  if (root.tegrastats_interval >= std::chrono::milliseconds(1)) return {};
  return Error(ErrorCode::kInvalidArgument, "the interval of tegrastats must be 1 ms or more");
}

void SensorOptions::declare(CLI::App& app, Tegrastats tegrastats_options) {
  app.add_option("--sensor", sensor,
                 "auto, a kind of sensor ('layerwatt sensors' lists them), or virtual:BOARD for "
                 "power as that board's sensor would show it")
      ->capture_default_str();
  app.add_option("--rail", recorder.rails, "Rail to read, repeatable; the board's total if absent");
  declare_tegrastats(app, tegrastats);
  if (tegrastats_options == Tegrastats::kWithInterval) {
    declare_tegrastats_interval(app, tegrastats_interval);
  }
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
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
}

Result<std::string> SensorOptions::resolve() {
  recorder.root.path = root;
  if (auto ok = resolve_tegrastats(tegrastats, tegrastats_interval, recorder.root); !ok) {
    return std::move(ok).error();
  }
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
