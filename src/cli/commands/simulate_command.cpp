#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "layerwatt/core/numbers.h"
#include "layerwatt/core/schedules.h"
#include "layerwatt/simulation/simulated_dataset.h"
#include "layerwatt/simulation/simulated_recording.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/number_option.h"
#include "cli/options/word_option.h"
#include "core/json_writer.h"

namespace layerwatt::cli {
namespace {

struct SimulateArguments {
  std::string board = "orin-nano";
  std::string network = "alexnet-like";
  std::optional<std::size_t> layers;
  std::optional<int> samples;
  std::optional<double> conversion_us;
  std::string stamps = "measured";
  std::optional<Duration> duration;
  double random_pause_ms = 0.0;
  std::optional<double> low_pass_us;
  double period_ms = 0.0;
  std::optional<double> read_time_ms;
  double longest_stall_ms = 10.0;
  bool no_drift = false;
  bool published_only = false;
  bool json = false;
  std::string result_dir = "raw_data";
  SimulationSpec spec;
};

Duration from_ms(double ms) { return from_seconds(ms * 1e-3); }
Duration from_us(double us) { return from_seconds(us * 1e-6); }

Result<SimulatedNetwork> network_of(const SimulateArguments& arguments) {
  if (arguments.layers) return random_network(*arguments.layers, arguments.spec.seed);
  if (std::filesystem::path(arguments.network).extension() == ".csv") {
    return read_simulated_network(arguments.network);
  }
  return built_in_simulated_network(arguments.network);
}

SimulationSpec spec_of(const SimulateArguments& arguments) {
  SimulationSpec spec = arguments.spec;
  if (arguments.stamps == "callback") spec.stamps = StampStyle::kCallback;
  spec.duration = arguments.duration.value_or(std::chrono::seconds(60));
  spec.random_pause = from_ms(arguments.random_pause_ms);
  if (arguments.low_pass_us) spec.board_low_pass = from_us(*arguments.low_pass_us);
  spec.drift = !arguments.no_drift;
  spec.reader.period = from_ms(arguments.period_ms);
  spec.reader.longest_stall = from_ms(arguments.longest_stall_ms);
  if (arguments.read_time_ms) {
    // Reads vary by 7 % around their mean.
    spec.reader.shortest_read = from_ms(*arguments.read_time_ms * 0.93);
    spec.reader.longest_read = from_ms(*arguments.read_time_ms * 1.07);
  }
  return spec;
}

void print_summary(const Simulation& simulation, const SimulatedNetwork& network,
                   const SimulateArguments& arguments, Terminal& terminal) {
  const VirtualRun& run = simulation.run;
  const double seconds = to_seconds(simulation.end - simulation.begin);
  const auto passes = static_cast<std::int64_t>(pass_count(simulation.timeline));
  const auto executions = static_cast<std::int64_t>(simulation.timeline.executions.size());
  const auto samples = static_cast<std::int64_t>(run.total.size());
  if (arguments.json) {
    {
      JsonWriter json(terminal.out);
      json.begin_object()
          .member("folder", (std::filesystem::path(arguments.result_dir) / network.name).string())
          .member("virtual", true)
          .member("board", run.truth.board)
          .member("seed", run.truth.seed)
          .member("seconds", seconds)
          .member("layers", static_cast<std::int64_t>(network.layers.size()))
          .member("passes", passes)
          .member("executions", executions)
          .member("samples", samples)
          .member("late_ticks", run.recording.late_ticks)
          .member("lost_ticks", run.recording.lost_ticks)
          .end_object();
    }
    terminal.out << '\n';
    return;
  }
  terminal.out << fmt::format(
      "Simulated {:.1f} s on a virtual {}: {} passes of {} layers, {} samples ({} late, {} lost).\n"
      "Written to {}/{}; the truth is in {}.\n",
      seconds, run.truth.board, format_grouped(passes), network.layers.size(),
      format_grouped(samples), run.recording.late_ticks, run.recording.lost_ticks,
      arguments.result_dir, network.name, kVirtualTruthFile);
}

Result<void> run_simulation(const SimulateArguments& arguments, Terminal& terminal) {
  auto board = find_virtual_board(arguments.board);
  if (!board) return std::move(board).error();
  std::optional<Duration> conversion;
  if (arguments.conversion_us) conversion = from_us(*arguments.conversion_us);
  board = with_sensor_settings(*std::move(board), arguments.samples, conversion);
  if (!board) return std::move(board).error();
  const auto network = network_of(arguments);
  if (!network) return network.error();
  const auto simulation = simulate(*network, *board, spec_of(arguments));
  if (!simulation) return simulation.error();
  const DatasetStyle style =
      arguments.published_only ? DatasetStyle::kPublished : DatasetStyle::kWhole;
  auto written = write_simulated_dataset(*simulation, network->name, style, arguments.result_dir);
  if (!written) return written;
  print_summary(*simulation, *network, arguments, terminal);
  return {};
}

void declare_sensor_options(App& app, SimulateArguments& a) {
  app.add_option("--board", a.board, "Virtual board")->capture_default_str();
  app.add_option("--sensor-samples", a.samples, "Averaging of the INA3221 (512)")
      ->check(in_range(ranges::kAverages));
  app.add_option("--conversion-time", a.conversion_us, "Of one conversion, in microseconds (140)")
      ->check(in_range(ranges::kConversionMicroseconds));
  app.add_option("--period", a.period_ms,
                 "Of the reader's ticks, in milliseconds; 0: as fast as "
                 "it reads")
      ->check(in_range(ranges::kMilliseconds))
      ->capture_default_str();
  app.add_option("--read-time", a.read_time_ms, "Of one rail, in milliseconds (the board's own)")
      ->check(in_range(ranges::kReadMilliseconds));
  app.add_option("--stalls", a.spec.reader.stall_share, "Part of the ticks that come late")
      ->check(in_range(ranges::kPart))
      ->capture_default_str();
  app.add_option("--longest-stall", a.longest_stall_ms, "In milliseconds")
      ->check(in_range(ranges::kMilliseconds))
      ->capture_default_str();
  app.add_flag("--all-rails", a.spec.all_rails, "Read all rails, not those of the total alone");
  app.add_option("--oscillator-error", a.spec.oscillator_error,
                 "Of the chip's clock, such as 0.04; from the seed where absent")
      ->check(in_range(ranges::kOscillatorError));
  app.add_option("--board-low-pass", a.low_pass_us,
                 "Time constant in microseconds; from the seed where absent")
      ->check(in_range(ranges::kLowPassMicroseconds));
  app.add_flag("--no-drift", a.no_drift, "Idle power and the chip's clock stay as they are");
}

void declare_run_options(App& app, SimulateArguments& a) {
  app.add_option("--network", a.network,
                 "alexnet-like, mobilenet-like, lenet-like, or a .csv file with the header "
                 "name,type,run_time_us")
      ->capture_default_str();
  app.add_option("--layers", a.layers, "So many random layers instead of a network")
      ->check(in_range(ranges::kSimulatedLayers));
  add_word<Schedule>(app, "--schedule", a.spec.schedule, kSchedules,
                     "How often each layer runs in each pass")
      ->default_str("whole");
  add_duration(app, "--duration", a.duration, "Of the schedule", ranges::kSimulated)
      ->default_str("60s");
  add_duration(app, "--block-length", a.spec.block_length, "weighing: from the sensor where absent",
               ranges::kSimulated);
  app.add_option("--repeats", a.spec.high_repeats, "weighing: of a segment that runs often")
      ->check(in_range(ranges::kRepeats));
  app.add_option("--random-pause", a.random_pause_ms,
                 "whole: between passes, at most so many milliseconds")
      ->check(in_range(ranges::kMilliseconds))
      ->capture_default_str();
  app.add_flag("--lock-to-sensor", a.spec.lock_to_sensor,
               "whole: passes in step with the sensor's conversions");
  app.add_option("--run-time-jitter", a.spec.run_time_jitter,
                 "Standard deviation relative to the mean")
      ->check(in_range(ranges::kJitter))
      ->capture_default_str();
  app.add_option("--repeat-difference", a.spec.repeat_difference,
                 "Immediate repeats draw up to this part more or less")
      ->check(in_range(ranges::kRepeatDifference))
      ->capture_default_str();
  app.add_flag("--shuffle-powers", a.spec.shuffle_powers,
               "Any layer may draw any power, whatever its type");
  app.add_option("--stamps", a.stamps, "callback: all of a pass after its end, 16 to 21 µs apart")
      ->check(one_of({"measured", "callback"}))
      ->capture_default_str();
}

}  // namespace

Action declare_simulate(App& app) {
  auto arguments = std::make_shared<SimulateArguments>();
  declare_run_options(app, *arguments);
  declare_sensor_options(app, *arguments);
  app.add_option("--seed", arguments->spec.seed, "Of all that is random")
      ->check(seed())
      ->capture_default_str();
  app.add_option("--result-dir", arguments->result_dir, "Raw dataset to write to")
      ->check(named())
      ->capture_default_str();
  app.add_flag("--published-only", arguments->published_only,
               "Only the files that others write: no run.json, power.npy, timeline.npy");
  app.add_flag("--json", arguments->json, "Print a summary as JSON");
  app.footer(
      "Writes a raw dataset as the sensors of a board would have shown it, with the true powers "
      "beside it.\nExample: layerwatt simulate --board orin-nano --schedule weighing --duration 80 "
      "--result-dir raw_data");
  return [arguments](Terminal& terminal) { return run_simulation(*arguments, terminal); };
}

}  // namespace layerwatt::cli
