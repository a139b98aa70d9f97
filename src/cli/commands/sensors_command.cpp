#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/experiment/characterise.h"
#include "layerwatt/recording/idle_stretch.h"
#include "layerwatt/report/characterisation.h"
#include "layerwatt/report/present_table.h"
#include "layerwatt/report/sensor_list.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/sensors/present_readings.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"

namespace layerwatt::cli {

Action declare_sensors(App& app);

namespace {

struct Options {
  /// The sensor, and where to look.
  RecorderOptions recorder;
  std::optional<std::string> rail;
  bool json = false;
  bool characterise = false;
  bool watch = false;
  std::optional<Duration> every;
  std::int64_t times = 0;
  std::optional<double> phase_seconds;
  std::optional<std::string> activity;
};

/// Of the rail that was asked for alone, or of all.
std::vector<PresentReading> read_now(const Options& options, PresentReader& reader) {
  std::vector<PresentReading> readings = reader.read();
  if (options.rail) {
    std::erase_if(readings, [&](const PresentReading& r) { return r.rail != *options.rail; });
  }
  return readings;
}

Result<void> list_sensors(const Options& options, const SystemRoot& root, const Board& board,
                          Terminal& terminal) {
  PresentReader reader = PresentReader::open(root, board);
  const std::vector<PresentReading> now = read_now(options, reader);
  const TableStyle style{terminal.width, terminal.color};
  if (options.json) {
    write_sensor_list_json(terminal.out, board, options.rail, now);
    return {};
  }
  print_sensor_list(terminal.out, board, options.rail, style);
  print_present_readings(terminal.out, board, now, style);
  return {};
}

Result<void> watch_sensors(const Options& options, const SystemRoot& root, const Board& board,
                           Terminal& terminal) {
  constexpr std::string_view kHomeAndClear = "\x1b[H\x1b[J";
  Cancellation stop;
  const SignalCancellation signals(stop);
  PresentReader reader = PresentReader::open(root, board);
  for (std::int64_t seen = 1;; ++seen) {
    const std::vector<PresentReading> now = read_now(options, reader);
    if (options.json) {
      write_present_readings_json(terminal.out, board, now);
    } else {
      if (terminal.out_is_tty) terminal.out << kHomeAndClear << board.name << "\n\n";
      print_present_readings(terminal.out, board, now, {terminal.width, terminal.color});
    }
    terminal.out.flush();
    if (seen == options.times || !terminal.out) return {};
    if (!wait_idle(options.every.value_or(std::chrono::seconds(1)), stop)) return {};
  }
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
  if (options.characterise) return characterise_sensors(options, root, *board, terminal);
  if (options.rail) {
    if (const auto rail = find_rail(*board, *options.rail); !rail) return rail.error();
  }
  return options.watch ? watch_sensors(options, root, *board, terminal)
                       : list_sensors(options, root, *board, terminal);
}

}  // namespace

Action declare_sensors(App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--rail", options->rail, "This rail alone")->type_name("NAME");
  declare_sensor_choice(app, options->recorder,
                        "This kind of sensor alone; tegrastats is listed only so, because it must "
                        "be started, and replay:RUN");
  app.add_flag("--json", options->json, "Print JSON");
  auto* watch = app.add_flag("--watch", options->watch,
                             "Show what the rails read again and again, until Ctrl-C");
  add_duration(app, "--every", options->every, "Time between two looks; 1 s if absent",
               ranges::kInterval)
      ->needs(watch);
  app.add_option("--times", options->times, "So many looks; 0: until Ctrl-C")
      ->check(in_range(ranges::kCountOrNone))
      ->needs(watch);
  auto* characterise =
      app.add_flag("--characterise", options->characterise,
                   "Measure step, period, filter, noise and cost of a read of the rails of the "
                   "total, with a processor load that is switched on and off");
  app.add_option("--phase", options->phase_seconds,
                 "Seconds idle, under load, and idle again; six of the rail's time constants if "
                 "absent")
      ->type_name("SECONDS")
      ->check(in_range(ranges::kPhase))
      ->needs(characterise);
  app.add_option("--activity", options->activity,
                 "Of a virtual board: the file that tells it what runs, to switch its load")
      ->check(named())
      ->type_name("FILE")
      ->needs(characterise);
  app.footer(
      "Examples: layerwatt sensors\n"
      "          layerwatt sensors --rail VDD_IN --json\n"
      "          layerwatt sensors --watch --every 200ms\n"
      "          layerwatt sensors --boards boards.json\n"
      "          layerwatt sensors --characterise");
  return [options](Terminal& terminal) { return run_sensors(*options, terminal); };
}

}  // namespace layerwatt::cli
