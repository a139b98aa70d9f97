#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/experiment/characterise.h"
#include "layerwatt/report/characterisation.h"
#include "layerwatt/report/sensor_list.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"

#include "cli/command.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {

Action declare_sensors(CLI::App& app);

namespace {

struct Options {
  /// The sensor, and where to look.
  RecorderOptions recorder;
  std::optional<std::string> rail;
  bool json = false;
  bool characterise = false;
  std::optional<double> phase_seconds;
  std::optional<std::string> activity;
};

Result<void> list_sensors(const Options& options, const Board& board, Terminal& terminal) {
  if (options.rail) {
    if (const auto rail = find_rail(board, *options.rail); !rail) return rail.error();
  }
  if (options.json) {
    write_sensor_list_json(terminal.out, board, options.rail);
  } else {
    print_sensor_list(terminal.out, board, options.rail, {terminal.width, terminal.color});
  }
  return {};
}

Result<void> characterise_sensors(const Options& options, const SystemRoot& root,
                                  const Board& board, Terminal& terminal) {
  const auto rails = rails_to_characterise(board, options.rail);
  if (!rails) return rails.error();
  auto load = make_load(board, options.activity);
  if (!load) return load.error();
  CharacteriseOptions how;
  if (options.phase_seconds) how.phase = from_seconds(*options.phase_seconds);
  terminal.err << fmt::format(
      "Takes {} s. A load is switched on and off meanwhile; leave the machine alone.\n",
      format_fixed(to_seconds(characterise_time(*rails, how)), 0));
  Cancellation stop;
  const SignalCancellation signals(stop);
  std::vector<Characterisation> results;
  for (const Rail& rail : *rails) {
    how.began = [&](std::string_view phase, Duration length) {
      terminal.err << fmt::format("{}: {}, {} s\n", rail.name, phase,
                                  format_fixed(to_seconds(length), 1));
    };
    auto result = characterise_rail(root, board, rail.name, **load, how, stop);
    if (!result) return result.error();
    results.push_back(*std::move(result));
  }
  if (options.json) {
    write_characterisations_json(terminal.out, board, results);
  } else {
    print_characterisations(terminal.out, board, results, {terminal.width, terminal.color});
  }
  return {};
}

Result<void> run_sensors(const Options& options, Terminal& terminal) {
  const SystemRoot& root = options.recorder.root;
  const auto board = detect_board(root, options.recorder.sensor);
  if (!board) return board.error();
  return options.characterise ? characterise_sensors(options, root, *board, terminal)
                              : list_sensors(options, *board, terminal);
}

}  // namespace

Action declare_sensors(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--rail", options->rail, "This rail alone")->type_name("NAME");
  declare_sensor_choice(app, options->recorder,
                        "This kind of sensor alone; tegrastats is listed only so, because it must "
                        "be started, and replay:RUN");
  app.add_flag("--json", options->json, "Print JSON");
  auto* characterise =
      app.add_flag("--characterise", options->characterise,
                   "Measure step, period, filter, noise and cost of a read of the rails of the "
                   "total, with a processor load that is switched on and off");
  app.add_option("--phase", options->phase_seconds,
                 "Seconds idle, under load, and idle again; six of the rail's time constants if "
                 "absent")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 600.0))
      ->needs(characterise);
  app.add_option("--activity", options->activity,
                 "Of a virtual board: the file that tells it what runs, to switch its load")
      ->type_name("FILE")
      ->needs(characterise);
  app.footer(
      "Examples: layerwatt sensors\n"
      "          layerwatt sensors --rail VDD_IN --json\n"
      "          layerwatt sensors --characterise");
  return [options](Terminal& terminal) { return run_sensors(*options, terminal); };
}

}  // namespace layerwatt::cli
