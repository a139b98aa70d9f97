#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/monitor/watch.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/monitor_options.h"

namespace layerwatt::cli {
namespace {

struct WatchArguments {
  WatchOptions options;
  MonitorOptions monitored;
  std::optional<Duration> interval;
  bool json = false;
  bool csv = false;
};

Result<void> run_watch(WatchArguments& arguments, Terminal& terminal) {
  WatchOptions& options = arguments.options;
  auto source = arguments.monitored.resolve();
  if (!source) return std::move(source).error();
  options.open = source->open;
  options.root = source->root;
  options.period = arguments.monitored.period;
  options.run_folders.assign(arguments.monitored.runs.begin(), arguments.monitored.runs.end());
  options.color = terminal.color;
  if (arguments.interval) options.interval = *arguments.interval;
  options.format = terminal.out_is_tty ? WatchFormat::kScreen : WatchFormat::kLines;
  if (arguments.json) options.format = WatchFormat::kJson;
  if (arguments.csv) options.format = WatchFormat::kCsv;
  Cancellation stop;
  const SignalCancellation signals(stop);
  return watch(options, stop, terminal.out);
}

}  // namespace

Action declare_watch(App& app) {
  auto arguments = std::make_shared<WatchArguments>();
  arguments->monitored.declare(app);
  add_duration(app, "--interval", arguments->interval, "From tick to tick; 1 s if absent",
               ranges::kWatchInterval);
  add_duration(app, "--duration", arguments->options.duration,
               "How long; until q or Ctrl-C if absent");
  app.add_flag("--ascii", arguments->options.ascii, "Draw with plain characters");
  auto* json = app.add_flag("--json", arguments->json, "Print a JSON object a tick");
  app.add_flag("--csv", arguments->csv, "Print a CSV row a tick")->excludes(json);
  app.footer(
      "Shows what the board draws, live: the total with its history, every rail, energy since the "
      "start,\n"
      "temperatures, clocks and a measurement that runs. Keys are explained on the screen. Where "
      "the\n"
      "output is no terminal, a line a tick is printed. Power is the mean since the last tick.\n\n"
      "Examples: layerwatt watch\n"
      "          layerwatt watch --sensor virtual:orin-nano\n"
      "          layerwatt watch --csv --interval 100ms --duration 60 > power.csv");
  return [arguments](Terminal& terminal) { return run_watch(*arguments, terminal); };
}

}  // namespace layerwatt::cli
