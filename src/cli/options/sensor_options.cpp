#include "cli/options/sensor_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "layerwatt/recording/recorder_arguments.h"
#include "layerwatt/sensors/own_boards.h"
#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"

#include "cli/options/option_rows.h"

namespace layerwatt::cli {
namespace {

constexpr std::string_view kVirtual = "virtual:";

void declare_one(App& app, const RecorderOption& option, RecorderOptions& options) {
  const auto take = [&options, taker = option.take](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) taker(text, options);
  };
  const std::string name =
      option.row.name == "output" ? "-o,--output" : fmt::format("--{}", option.row.name);
  Option* declared =
      app.add_option_function<std::vector<std::string>>(name, take, std::string(option.row.help))
          ->type_name(std::string(option.row.value))
          ->default_str(std::string(option.row.otherwise));
  if (!option.repeats) declared->expected(1);
  if (option.row.refuse == nullptr) return;
  const auto refuse = [check = option.row.refuse](const std::string& text) { return check(text); };
  declared->check({refuse});
}

void declare_sensor_rows(App& app, SystemRoot& root, const std::string& but) {
  for (const SensorKind& kind : sensor_table()) {
    for (const OptionRow& row : kind.options) {
      if (row.name != but) declare_rows(app, {&row, 1}, root.options);
    }
  }
}

}  // namespace

void declare_recorder(App& app, RecorderOptions& options, bool of_record, const std::string& but) {
  for (const RecorderOption& option : recorder_options()) {
    if (option.of_record_alone && !of_record) continue;
    declare_one(app, option, options);
    // They belong to the choice of sensor and rail.
    if (option.row.name == "rail") declare_sensor_rows(app, options.root, but);
  }
}

void declare_sensor_choice(App& app, RecorderOptions& options, const std::string& help) {
  for (const RecorderOption& option : recorder_options()) {
    const bool is_chosen = option.row.name == "sensor" || option.row.name == "sysfs-root" ||
                           option.row.name == kBoardsOption;
    if (!is_chosen) continue;
    declare_one(app, option, options);
    if (option.row.name != "sensor") continue;
    app.get_option("--sensor")->description(help);
    declare_sensor_rows(app, options.root, "");
  }
}

void SensorOptions::declare(App& app, const std::string& but) {
  declare_recorder(app, recorder, false, but);
  app.get_option("--sensor")
      ->description(
          "auto, a kind of sensor ('layerwatt sensors' lists them), replay:RUN for the power of a "
          "run that was recorded, or virtual:BOARD for power as that board's sensor would show it");
}

Result<std::string> SensorOptions::resolve() {
  if (recorder.sensor.empty()) return std::string();
  if (recorder.sensor.starts_with(kVirtual)) {
    auto board = find_virtual_board(std::string_view(recorder.sensor).substr(kVirtual.size()));
    if (!board) return Error(ErrorCode::kInvalidArgument, board.error().to_string());
    recorder.sensor.clear();
    return std::string(board->name);
  }
  std::vector<std::string> kinds;
  bool known = false;
  for (const SensorKind& kind : sensor_table()) {
    known = known || kind.name == recorder.sensor;
    kinds.push_back(kind.argument.empty() ? std::string(kind.name)
                                          : fmt::format("{}:{}", kind.name, kind.argument));
  }
  if (known) return std::string();
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("there is no sensor '{}'; write auto, virtual:BOARD or one of: {}",
                           recorder.sensor, fmt::join(kinds, ", ")));
}

}  // namespace layerwatt::cli
