#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/schedules.h"
#include "layerwatt/core/shell_word.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/experiment/engine_table.h"
#include "layerwatt/experiment/measure_options.h"
#include "layerwatt/report/layer_table.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/existing_options.h"
#include "cli/options/network_options.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"
#include "cli/options/word_option.h"
#include "cli/run_progress.h"

namespace layerwatt::cli {

Action declare_measure(App& app);

namespace {

struct MeasureArguments {
  MeasureOptions options;
  SensorOptions sensors;
  std::string model;
  std::string model_by_name;
  NetworkOptions network;
  std::string result_dir = "raw_data";
  ExistingOptions existing;
  std::string sort = "order";
  std::string precision;
  std::optional<Duration> random_pause;
  const EngineRow* engine = nullptr;
  bool json = false;
  /// Whether somebody chose it.
  const Option* schedule = nullptr;
};

/// "3%" or "0.03", as 3.
std::optional<double> percent_of(std::string_view text) {
  const bool is_percent = text.ends_with('%');
  const auto number = parse_double(is_percent ? text.substr(0, text.size() - 1) : text);
  if (!number) return std::nullopt;
  return is_percent ? *number : 100.0 * *number;
}

std::string refuse_precision(const std::string& text) {
  constexpr const NumberRange& kRange = ranges::kPrecisionPercent;
  const auto percent = percent_of(text);
  if (percent && *percent >= kRange.least && *percent <= kRange.most) return "";
  return fmt::format("'{}' is not a part like 3% or 0.03, from {} %", text, describe(kRange));
}

/// What was typed, as the measurement wants it.
Result<void> gather(MeasureArguments& arguments) {
  MeasureOptions& options = arguments.options;
  options.network.model = arguments.model.empty() ? arguments.model_by_name : arguments.model;
  if (options.network.model.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "name a model: an ONNX file, or a built-in one ('layerwatt models' lists them)");
  }
  auto virtual_board = arguments.sensors.resolve();
  if (!virtual_board) return std::move(virtual_board).error();
  options.power.virtual_board = *virtual_board;
  options.power.recorder = arguments.sensors.recorder;
  options.output.result_dir = arguments.result_dir;
  options.output.existing = arguments.existing.choice();
  options.network.seed = options.plan.run.seed;
  options.plan.may_weigh = !arguments.schedule->is_given() && !arguments.random_pause;
  options.plan.run.random_pause = arguments.random_pause.value_or(Duration(0));
  if (!arguments.precision.empty()) {
    options.plan.precision = percent_of(arguments.precision).value_or(0.0) / 100.0;
  }
  auto engine = arguments.network.resolve(options.network);
  if (!engine) return std::move(engine).error();
  arguments.engine = *engine;
  return {};
}

void print_result(const MeasureArguments& arguments, const Measurement& measurement,
                  Terminal& terminal) {
  for (const std::string& note : measurement.notes) terminal.err << note << '\n';
  if (arguments.json) {
    write_profile_json(terminal.out, measurement.profile);
    return;
  }
  print_layer_table(terminal.out, measurement.profile,
                    parse_layer_sort(arguments.sort).value_or(LayerSort::kOrder),
                    {terminal.width, terminal.color});
  if (measurement.outcome.timeline.stamps == StampSource::kPlacedByDuration) {
    // Where layers stand is then reckoned, not seen.
    for (const std::string& note : measurement.outcome.notes) terminal.out << note << '\n';
  }
  if (measurement.recording.run) {
    const RunFile& run = *measurement.recording.run;
    if (!run.is_virtual) {
      terminal.out << fmt::format("Recorder: {} ticks, {} late, {} lost", format_grouped(run.ticks),
                                  format_grouped(run.late_ticks), format_grouped(run.lost_ticks));
      if (run.recorder_cpu_share) {
        terminal.out << fmt::format(", {:.2f} % of a core", *run.recorder_cpu_share * 100);
      }
      terminal.out << '\n';
    }
  }
  const std::string folder = measurement.folder.string();
  terminal.out << fmt::format(
      "The raw dataset is in {}: power log, run times, layers, and run.json, power.npy and\n"
      "timeline.npy with what the published files cannot hold.\n"
      "Next: layerwatt map --raw-data-dir {} --result-dir preprocessed_data\n",
      folder, shell_word(arguments.result_dir));
}

Result<void> measure(MeasureArguments& arguments, Terminal& terminal) {
  if (auto gathered = gather(arguments); !gathered) return gathered;
  Cancellation stop;
  const SignalCancellation signals(stop);
  RunProgress observer(terminal);
  auto measurement =
      measure_with_engine(*arguments.engine, arguments.network.settings(arguments.options.network),
                          arguments.options, stop, observer);
  observer.finish();
  if (!measurement) return std::move(measurement).error();
  print_result(arguments, *measurement, terminal);
  if (!measurement->partial_reason.empty()) {
    return Error(ErrorCode::kCancelled,
                 fmt::format("partial: {}; what was recorded is kept in {}",
                             measurement->partial_reason, measurement->folder.string()));
  }
  return {};
}

void declare_run_options(App& app, MeasureArguments& arguments) {
  RunPlan& plan = arguments.options.plan.run;
  MeasureOptions& options = arguments.options;
  app.add_option("--runs", options.plan.runs,
                 "Passes to measure (30000; 100 whole passes beside other schedules)")
      ->check(in_range(ranges::kCount));
  add_duration(app, "--duration", options.plan.duration,
               "Measure for this long instead of --runs; with both, until both are reached");
  app.add_option("--precision", arguments.precision,
                 "weighing: end as soon as the layers' energies are known to within this part of "
                 "their sum (3%), after --duration (10 minutes) at the latest")
      ->type_name("PERCENT")
      ->check({refuse_precision});
  app.add_option("--warmup", plan.warmup, "Passes before that, not measured")
      ->check(in_range(ranges::kCountOrNone))
      ->capture_default_str();
  app.add_option("--profiled-runs", plan.profiled_runs,
                 "Passes under the engine's profiler, for the split by layer; as many as --runs if "
                 "absent (other schedules: 10)")
      ->check(in_range(ranges::kCountOrNone));
  std::vector<std::string> schedules;
  for (const ScheduleRow& row : kScheduleTable) {
    schedules.push_back(fmt::format("{}: {}", row.word, row.summary));
  }
  arguments.schedule = add_word<Schedule>(
      app, "--schedule", plan.schedule, kSchedules,
      fmt::format("{}. If absent, weighing where the sensor averages over many passes and neither "
                  "--runs nor --random-pause is given, else whole",
                  fmt::join(schedules, "; ")));
  add_duration(app, "--random-pause", arguments.random_pause,
               "whole: pauses of random length up to this between passes, so that they do not run "
               "in step with the sensor");
  app.add_option("--seed", plan.seed, "Of everything random: inputs, weights, order, pauses")
      ->check(seed())
      ->capture_default_str();
  app.add_option("--sensor-samples", options.power.sensor_samples,
                 "Conversions that the INA3221 averages during the run: 1, 4, 16 … 1024; put back "
                 "afterwards (root)")
      ->check(in_range(ranges::kAverages));
  app.add_option("--activity", options.power.activity,
                 "Tell a live virtual board through this file what runs (layerwatt virtual-board)")
      ->check(named())
      ->type_name("FILE");
  add_duration(app, "--idle-lead", options.power.idle_lead,
               "Idle time recorded before and after; five time constants of the sensor if absent");
}

void declare_network_options(App& app, MeasureArguments& arguments) {
  app.add_option("MODEL", arguments.model,
                 "ONNX file, the name of a built-in network, or what --engine takes");
  app.add_option("--model", arguments.model_by_name, "The same as MODEL");
  arguments.network.declare(app, arguments.options.network, NetworkOptions::Engines::kAll);
}

}  // namespace

Action declare_measure(App& app) {
  auto arguments = std::make_shared<MeasureArguments>();
  declare_network_options(app, *arguments);
  declare_run_options(app, *arguments);
  arguments->sensors.declare(app);
  app.add_option("--result-dir", arguments->result_dir,
                 "Raw dataset to write; the model gets a folder in it")
      ->check(named())
      ->capture_default_str();
  arguments->existing.declare(app, "<model>-2");
  app.add_option("--sort", arguments->sort, "Order of the table: order, energy, power or time")
      ->check(one_of({"order", "energy", "power", "time"}))
      ->capture_default_str();
  app.add_flag("--as-published", arguments->options.output.as_published,
               "Also write the files of earlier published versions: "
               "<n>_cycles_power_log_<timestamp>.log, <model>_layerwise_latency.json");
  app.add_flag("--json", arguments->json, "Print the layer profile as JSON instead of a table");
  app.footer(
      "Runs the network while a process of its own records power, idle before and after, and ends\n"
      "with a table of its layers. Ctrl-C keeps what was recorded.\n\n"
      "Example: layerwatt measure alexnet --result-dir raw_data\n"
      "As precise as is wanted: layerwatt measure alexnet --precision 3%\n"
      "Without a sensor: layerwatt measure alexnet --sensor virtual:orin-nano\n"
      "With NVIDIA's trtexec: layerwatt measure resnet50.onnx --engine trtexec --runs 5000");
  return [arguments](Terminal& terminal) { return measure(*arguments, terminal); };
}

}  // namespace layerwatt::cli
