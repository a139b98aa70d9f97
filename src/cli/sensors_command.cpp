#include <CLI/CLI.hpp>
#include <memory>

#include "layerwatt/report/sensor_list.h"
#include "layerwatt/sensors/board.h"

#include "cli/command.h"

namespace layerwatt::cli {

Action declare_sensors(CLI::App& app);

namespace {

struct Options {
  std::string root = "/";
  std::optional<std::string> rail;
  bool json = false;
};

Result<void> list_sensors(const Options& options, Terminal& terminal) {
  const auto board = detect_board({options.root});
  if (!board) return board.error();
  if (options.rail) {
    if (const auto rail = find_rail(*board, *options.rail); !rail) return rail.error();
  }
  if (options.json) {
    write_sensor_list_json(terminal.out, *board, options.rail);
  } else {
    print_sensor_list(terminal.out, *board, options.rail, {terminal.width, terminal.color});
  }
  return {};
}

}  // namespace

Action declare_sensors(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--rail", options->rail, "This rail alone")->type_name("NAME");
  app.add_option("--sysfs-root", options->root, "Look below this folder instead of /")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  app.add_flag("--json", options->json, "Print JSON");
  app.footer(
      "Examples: layerwatt sensors\n"
      "          layerwatt sensors --rail VDD_IN --json");
  return [options](Terminal& terminal) { return list_sensors(*options, terminal); };
}

}  // namespace layerwatt::cli
