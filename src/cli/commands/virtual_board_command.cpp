#include <fmt/format.h>

#include <memory>
#include <string>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/shell_word.h"
#include "layerwatt/simulation/live_virtual_board.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/number_option.h"

namespace layerwatt::cli {
namespace {

struct VirtualBoardArguments {
  std::string board = "orin-nano";
  std::string sysfs;
  std::string activity;
  std::vector<double> powers;
  std::optional<double> gap;
  std::size_t layers = 256;
  std::optional<int> samples;
  std::optional<double> conversion_us;
  std::optional<Duration> duration;
  std::uint64_t seed = 1;
};

Result<LiveBoardOptions> options_of(const VirtualBoardArguments& arguments) {
  auto board = find_virtual_board(arguments.board);
  if (!board) return std::move(board).error();
  std::optional<Duration> conversion;
  if (arguments.conversion_us) conversion = from_seconds(*arguments.conversion_us * 1e-6);
  board = with_sensor_settings(*std::move(board), arguments.samples, conversion);
  if (!board) return std::move(board).error();
  LiveBoardOptions options;
  options.powers = random_segment_powers(arguments.layers, *board, arguments.seed);
  if (!arguments.powers.empty()) {
    options.powers.first.clear();
    for (const double watts : arguments.powers) options.powers.first.emplace_back(watts);
    options.powers.repeated = options.powers.first;
  }
  if (arguments.gap) options.powers.gap = Watts(*arguments.gap);
  options.board = *std::move(board);
  options.sysfs = arguments.sysfs;
  options.activity = arguments.activity;
  options.seed = arguments.seed;
  options.duration = arguments.duration;
  return options;
}

Result<void> serve(const VirtualBoardArguments& arguments, Terminal& terminal) {
  const auto options = options_of(arguments);
  if (!options) return options.error();
  Cancellation stop;
  const SignalCancellation signals(stop);
  const auto summary = serve_virtual_board(*options, stop, [&] {
    terminal.out << fmt::format(
        "virtual {} below {}; its powers: {}/{}\n"
        "Measure it: layerwatt measure MODEL --schedule weighing --sysfs-root {} --activity {}\n",
        options->board.title, arguments.sysfs, arguments.sysfs, kVirtualTruthFile,
        shell_word(arguments.sysfs), shell_word(arguments.activity));
    terminal.out.flush();
  });
  if (!summary) return summary.error();
  terminal.out << fmt::format("{} conversion cycles, {} late; {} events; {:.1f} % of a core\n",
                              summary->cycles, summary->late_cycles, summary->events,
                              100.0 * summary->cpu_share);
  if (summary->lost_events == 0) return {};
  return Error(ErrorCode::kIo,
               fmt::format("{} events were overwritten before they were read, so their energy is "
                           "missing (is the machine overloaded?)",
                           summary->lost_events));
}

}  // namespace

Action declare_virtual_board(App& app) {
  auto arguments = std::make_shared<VirtualBoardArguments>();
  app.add_option("--board", arguments->board, "Board to stand in for")->capture_default_str();
  app.add_option("--sysfs-dir", arguments->sysfs, "Folder for the board's files; must be empty")
      ->check(named())
      ->required();
  app.add_option("--activity", arguments->activity,
                 "File through which the measuring process tells what runs")
      ->check(named())
      ->required();
  app.add_option("--powers", arguments->powers, "Watts above idle of segment 0, 1, …")
      ->delimiter(',')
      ->check(in_range(ranges::kVirtualWatts));
  app.add_option("--gap-power", arguments->gap, "Watts above idle between segments")
      ->check(in_range(ranges::kVirtualWatts));
  app.add_option("--layers", arguments->layers, "Segments that get powers drawn from the seed")
      ->check(in_range(ranges::kLayers))
      ->capture_default_str();
  app.add_option("--sensor-samples", arguments->samples, "Averaging of the INA3221 (512)")
      ->check(in_range(ranges::kAverages));
  app.add_option("--conversion-time", arguments->conversion_us,
                 "Of one conversion, in microseconds (140)")
      ->check(in_range(ranges::kConversionMicroseconds));
  add_duration(app, "--duration", arguments->duration, "How long; until Ctrl-C where absent",
               ranges::kInterval);
  app.add_option("--seed", arguments->seed, "Of all that is random")
      ->check(seed())
      ->capture_default_str();
  app.footer(
      "Serves the power sensors of a board that is not there, in real time, with known powers: "
      "for\n"
      "trying and testing layerwatt on any machine. What it shows is synthesised, not measured.\n"
      "Example: layerwatt virtual-board --board orin-nano --sysfs-dir /tmp/board --activity "
      "/tmp/activity");
  return [arguments](Terminal& terminal) { return serve(*arguments, terminal); };
}

}  // namespace layerwatt::cli
