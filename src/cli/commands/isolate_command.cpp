#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/experiment/engine_table.h"
#include "layerwatt/experiment/isolate.h"
#include "layerwatt/experiment/micro_networks.h"
#include "layerwatt/models/architecture.h"
#include "layerwatt/report/energy_plot.h"
#include "layerwatt/report/isolation_summary.h"

#include "cli/command.h"
#include "cli/options/duration_option.h"
#include "cli/options/existing_options.h"
#include "cli/options/network_options.h"
#include "cli/options/number_option.h"
#include "cli/options/sensor_options.h"
#include "cli/run_progress.h"
#include "core/json_writer.h"

namespace layerwatt::cli {

Action declare_isolate(App& app);

namespace {

struct IsolateArguments {
  IsolateOptions options;
  NetworkOptions network;
  const EngineRow* engine = nullptr;
  SensorOptions sensors;
  std::vector<std::string> models;
  std::string result_dir = "raw_data";
  std::string stats_dir = "layer_stats";
  std::optional<Duration> sample_duration;
  std::optional<Duration> poll_interval;
  std::int64_t interval_ms = 20;
  bool eval_power = false;
  bool eval_latency = false;
  bool as_published = false;
  bool process = false;
  bool micro_layers = false;
  std::int64_t micro_count = 200;
  std::vector<std::string> micro_types;
  ExistingOptions existing;
  bool json = false;
};

Result<void> process(const IsolateArguments& arguments, Terminal& terminal) {
  const IsolateOptions& options = arguments.options;
  const auto summary = process_layer_stats(
      arguments.stats_dir, options.mode.empty() ? std::nullopt : std::optional(options.mode),
      arguments.as_published);
  if (!summary) return summary.error();
  if (arguments.json) {
    JsonWriter json(terminal.out);
    json.begin_object().key("files").begin_array();
    for (const auto& file : summary->files) json.value(file.string());
    json.end_array()
        .member("networks", summary->networks)
        .member("layers", summary->layers)
        .end_object();
    terminal.out << '\n';
    return {};
  }
  for (const auto& file : summary->files) terminal.out << file.string() << '\n';
  terminal.err << fmt::format("{} networks, {} layers\n", summary->networks, summary->layers);
  return {};
}

Result<void> gather(IsolateArguments& arguments) {
  IsolateOptions& options = arguments.options;
  arguments.sensors.recorder.root.options["tegrastats-interval"] =
      fmt::format("{}ms", arguments.interval_ms);
  auto virtual_board = arguments.sensors.resolve();
  if (!virtual_board) return std::move(virtual_board).error();
  options.measure.power.virtual_board = *virtual_board;
  options.measure.power.recorder = arguments.sensors.recorder;
  options.measure.output.result_dir = arguments.result_dir;
  options.measure.output.existing = arguments.existing.choice();
  options.measure.network.seed = options.measure.plan.run.seed;
  if (options.device == "cuda") options.device = "gpu";
  // As published, the device alone says where layers run.
  if (options.device == "gpu" && arguments.network.engine.empty()) {
    arguments.network.engine = "tensorrt";
  }
  auto row = arguments.network.resolve(options.measure.network);
  if (!row) return std::move(row).error();
  arguments.engine = *row;
  options.stats_dir = arguments.stats_dir;
  // Without a choice, both.
  options.eval_power = arguments.eval_power || !arguments.eval_latency;
  options.eval_latency = arguments.eval_latency || !arguments.eval_power;
  if (arguments.sample_duration) options.sample_duration = *arguments.sample_duration;
  if (arguments.as_published) {
    options.as_published = arguments.poll_interval.value_or(std::chrono::milliseconds(20));
  }
  if (options.device == "gpu" && !(*row)->on_gpu) {
    return Error(ErrorCode::kInvalidArgument,
                 "--device gpu needs an engine that runs layers one by one there: add --engine "
                 "tensorrt, or --engine trtexec");
  }
  const auto& schedules = (*row)->schedules;
  if (std::ranges::find(schedules, Schedule::kIsolated) == schedules.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--engine {} {}, and no layer alone: take another engine",
                             (*row)->name, (*row)->why_schedules));
  }
  if ((*row)->open == nullptr && !options.eval_power) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--eval-latency without power needs an engine that is called pass by "
                             "pass, which {} is not: leave it out (run times are written with "
                             "power), or add --engine tensorrt",
                             (*row)->name));
  }
  return {};
}

/// `engine`: nullptr where the row's program runs the layers by itself.
Result<void> isolate_one(const IsolateArguments& arguments, const std::string& model,
                         Engine* engine, Cancellation& stop, Terminal& terminal) {
  IsolateOptions options = arguments.options;
  options.measure.network.model = model;
  RunProgress observer(terminal);
  const IsolatedMeasure by_program = [&](const MeasureOptions& measure, Cancellation& cancellation,
                                         MeasureObserver& follows) {
    return measure_with_engine(*arguments.engine, arguments.network.settings(measure.network),
                               measure, cancellation, follows);
  };
  auto isolation = engine != nullptr ? isolate_network(*engine, options, stop, observer)
                                     : isolate_network(by_program, options, stop, observer);
  observer.finish();
  if (!isolation) return std::move(isolation).error();
  const auto plot = isolation->measurement.folder /
                    fmt::format("{}_layerwise_energy_plot.png", isolation->measurement.model);
  if (auto drawn = write_energy_plot(plot, profile_of(*isolation)); !drawn) {
    if (drawn.error().code() != ErrorCode::kUnsupported) return drawn;
    isolation->notes.push_back(drawn.error().message());
  }
  if (arguments.json) {
    write_isolation_json(terminal.out, *isolation);
  } else {
    print_isolation(terminal.out, *isolation);
    terminal.out << fmt::format("Written to {} and {}\n", isolation->table.string(), plot.string());
  }
  const std::string& partial = isolation->measurement.partial_reason;
  if (partial.empty()) return {};
  return Error(ErrorCode::kCancelled, fmt::format("partial: {}; what was recorded is kept in {}",
                                                  partial, isolation->measurement.folder.string()));
}

Result<void> time_one(const IsolateArguments& arguments, const std::string& model, Engine& engine,
                      Cancellation& stop, Terminal& terminal) {
  IsolateOptions options = arguments.options;
  options.measure.network.model = model;
  RunProgress observer(terminal);
  auto times = isolate_run_times(engine, options, stop, observer);
  observer.finish();
  if (!times) return std::move(times).error();
  if (arguments.json) {
    write_isolated_run_times_json(terminal.out, *times);
  } else {
    terminal.out << fmt::format("===== Run times of layers alone ({}) =====\n", times->model);
    print_isolated_run_times(terminal.out, *times, {terminal.width, terminal.color});
  }
  if (!times->partial) return {};
  return Error(ErrorCode::kCancelled, "stopped before its end; nothing was written");
}

/// Measures what is not measured yet; names what could not be.
Result<void> isolate_all(const IsolateArguments& arguments, Cancellation& stop, Terminal& terminal,
                         std::vector<std::string>& failed) {
  std::unique_ptr<Engine> engine;
  if (arguments.engine->open != nullptr) {
    auto opened = open_engine(*arguments.engine,
                              arguments.network.settings(arguments.options.measure.network));
    if (!opened) return std::move(opened).error();
    engine = *std::move(opened);
  }
  for (const std::string& model : arguments.models) {
    const bool with_power = arguments.options.eval_power;
    if (arguments.existing.choice() == ExistingResult::kRefuse &&
        is_isolated_already(arguments.options, model)) {
      terminal.err << fmt::format(
          "{}: measured already in {}; --new-run measures it once more, --force anew\n", model,
          with_power ? arguments.result_dir : arguments.stats_dir);
      continue;
    }
    auto done = with_power ? isolate_one(arguments, model, engine.get(), stop, terminal)
                           : time_one(arguments, model, *engine, stop, terminal);
    if (done) continue;
    const bool is_last_word = arguments.models.size() == 1 || stop.requested();
    if (is_last_word || done.error().code() == ErrorCode::kInvalidArgument) return done;
    terminal.err << fmt::format("{}: {}\n", model, done.error().to_string());
    failed.push_back(model);
  }
  return {};
}

/// The designed sweep, one type after the other.
Result<void> isolate_micro_layers(IsolateArguments& arguments, Cancellation& stop,
                                  Terminal& terminal, std::vector<std::string>& failed) {
  NetworkRequest& network = arguments.options.measure.network;
  std::vector<std::string> types = arguments.micro_types;
  if (types.empty()) types.emplace_back(to_string(network.type));
  std::vector<std::string> models;
  for (const std::string& type : types) {
    network.type = *parse_data_type(type);
    auto files = write_micro_networks(std::filesystem::path(arguments.result_dir) / ".micro_layers",
                                      type, static_cast<std::size_t>(arguments.micro_count),
                                      arguments.options.measure.plan.run.seed);
    if (!files) return std::move(files).error();
    arguments.models.assign(files->begin(), files->end());
    models.insert(models.end(), files->begin(), files->end());
    auto done = isolate_all(arguments, stop, terminal, failed);
    if (!done) return done;
  }
  arguments.models = std::move(models);
  terminal.err << fmt::format(
      "{} layers in {}; next 'layerwatt map --raw-data-dir {} --method solve', 'layerwatt "
      "training-data' and 'layerwatt train --micro-layers', or 'layerwatt train --calibrate-with "
      "{}'\n",
      arguments.micro_count, arguments.result_dir, arguments.result_dir, arguments.result_dir);
  return {};
}

/// As published: a mode and no name mean all that there are.
void take_all_models(IsolateArguments& arguments, Terminal& terminal) {
  for (const Architecture& architecture : architecture_table()) {
    arguments.models.emplace_back(architecture.name);
  }
  terminal.err << fmt::format(
      "No model is named: all {} built-in ones, one after the other, which takes hours. Ctrl-C "
      "keeps those that are done; called again, the others follow.\n",
      arguments.models.size());
}

Result<void> isolate(IsolateArguments& arguments, Terminal& terminal) {
  if (arguments.process) return process(arguments, terminal);
  const bool names_none = arguments.models.empty() && !arguments.micro_layers;
  if (names_none && arguments.options.mode.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "name a model: an ONNX file, or a built-in one ('layerwatt models' lists them); "
                 "--mode without a name measures all built-in ones, as published; --process "
                 "averages what was measured, --micro-layers sweeps over single layers");
  }
  if (auto gathered = gather(arguments); !gathered) return gathered;
  if (names_none) take_all_models(arguments, terminal);
  Cancellation stop;
  const SignalCancellation signals(stop);
  std::vector<std::string> failed;
  auto done = arguments.micro_layers ? isolate_micro_layers(arguments, stop, terminal, failed)
                                     : isolate_all(arguments, stop, terminal, failed);
  if (!done || failed.empty()) return done;
  return Error(ErrorCode::kUnknowable,
               fmt::format("{} of {} models could not be measured; the others are done",
                           failed.size(), arguments.models.size()));
}

void declare_published(App& app, IsolateArguments& arguments) {
  IsolateOptions& options = arguments.options;
  app.add_option("--mode", options.mode,
                 "Power mode that the machine is in: writes statistics under this label to "
                 "--stats-dir. Another mode than nvpmodel's is an error");
  app.add_option("--device", options.device,
                 "Where the layers run; a label of the statistics. cuda: the same as gpu")
      ->check(one_of({"cpu", "gpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--rails,--tgr_params", options.rails,
                 "Rails of the statistics; those that the published program takes if absent, or "
                 "all where the board has none of them")
      ->delimiter(',');
  app.add_flag("--eval-power,--eval_tgr", arguments.eval_power, "Statistics of power alone");
  app.add_flag("--eval-latency,--eval_latency", arguments.eval_latency,
               "Run times alone: --sample-count runs a layer; no power sensor is needed or read");
  app.add_option("--interval,--tgr_interval", arguments.interval_ms,
                 "Of tegrastats, in milliseconds")
      ->check(in_range(ranges::kIntervalMilliseconds))
      ->capture_default_str();
  add_duration(app, "--sample-duration,--tgr_smpl_duration", arguments.sample_duration,
               "How long each layer runs; 5 s if absent", ranges::kInterval);
  add_duration(app, "--sample-boundary,--tgr_smpl_boundary", options.boundary,
               "How long each layer runs before that, to let the sensor settle; what the sensor "
               "needs if absent (published: 1 s)");
  app.add_option("--sample-count,--lt_smpl_count", options.sample_count,
                 "Run times of a layer to keep")
      ->check(in_range(ranges::kCount))
      ->capture_default_str();
  app.add_option("--repeats", options.repeats,
                 "Run each layer so many times instead of --sample-duration (published: 100)")
      ->check(in_range(ranges::kCount));
  app.add_flag("--as-published", arguments.as_published,
               "Energy as the published programs compute it: samples times a nominal interval, "
               "means of samples");
  add_duration(app, "--poll-interval", arguments.poll_interval, "That interval; 20 ms if absent",
               ranges::kInterval);
  app.add_option("--stats-dir", arguments.stats_dir,
                 "Statistics: <mode>/<device>/<parameter>/<network>/, and <mode>.json")
      ->check(named())
      ->capture_default_str();
  app.add_flag_callback(
      "--unfused", [&network = options.measure.network] { network.fused = false; },
      "Run the model's nodes as they are, unfused, and name them as the published profiler of "
      "PyTorch modules does: Conv2d_0, ReLU_1, …");
  app.add_flag("--process", arguments.process,
               "Measure nothing: average the statistics, one JSON file a mode");
}

}  // namespace

Action declare_isolate(App& app) {
  auto arguments = std::make_shared<IsolateArguments>();
  MeasureOptions& measure = arguments->options.measure;
  auto* models =
      app.add_option("MODEL", arguments->models,
                     "ONNX files, or names of built-in networks; with --mode, all of these "
                     "if none is named");
  auto* sweep = app.add_flag("--micro-layers", arguments->micro_layers,
                             "Instead of models: single layers that cover sizes, kernels, strides "
                             "and groups, to learn a board by (layerwatt train)")
                    ->excludes(models);
  app.add_option("--micro-count", arguments->micro_count, "How many of them")
      ->check(in_range(ranges::kCount))
      ->needs(sweep)
      ->capture_default_str();
  app.add_option("--micro-types", arguments->micro_types,
                 "Types that each runs in (float32,float16); that of --dtype if absent")
      ->delimiter(',')
      ->check(one_of({"float32", "float16", "bfloat16"}))
      ->needs(sweep);
  arguments->network.declare(app, measure.network, NetworkOptions::Engines::kLayerByLayer);
  declare_published(app, *arguments);
  app.add_option("--warmup", measure.plan.run.warmup,
                 "Passes of the whole network before, not measured")
      ->check(in_range(ranges::kCountOrNone))
      ->capture_default_str();
  app.add_option("--seed", measure.plan.run.seed, "Of everything random: inputs, weights, order")
      ->check(seed())
      ->capture_default_str();
  app.add_option("--activity", measure.power.activity,
                 "Tell a live virtual board through this file what runs (layerwatt virtual-board)")
      ->check(named())
      ->type_name("FILE");
  add_duration(app, "--idle-lead", measure.power.idle_lead,
               "Idle time recorded before and after; five time constants of the sensor if absent");
  arguments->sensors.declare(app, "tegrastats-interval");
  app.add_option("--result-dir", arguments->result_dir,
                 "Raw dataset to write; each model gets a folder in it")
      ->check(named())
      ->capture_default_str();
  arguments->existing.declare(app, "<model>-2", "--force,--again");
  app.add_flag("--json", arguments->json, "Print JSON");
  app.footer(
      "Runs each layer alone, again and again, on the inputs that it gets in the network, and\n"
      "writes its energy to <model>_layerwise_energy_full.csv and .png. Called again, it goes on\n"
      "with the models that are not done.\n\n"
      "Examples: layerwatt isolate vgg11 --sensor virtual:orin-nano\n"
      "          layerwatt isolate alexnet vgg11 --mode 1 --sensor tegrastats\n"
      "          layerwatt isolate --micro-layers --result-dir micro_data\n"
      "          layerwatt isolate --process --stats-dir layer_stats");
  return [arguments](Terminal& terminal) { return isolate(*arguments, terminal); };
}

}  // namespace layerwatt::cli
