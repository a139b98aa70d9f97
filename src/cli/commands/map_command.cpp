#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>

#include "layerwatt/analysis/map_by_solving.h"
#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/analysis/outside_power.h"
#include "layerwatt/analysis/sensor_by_hand.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/report/layer_table.h"
#include "layerwatt/report/progress.h"

#include "cli/command.h"
#include "cli/options/number_option.h"
#include "cli/options/power_log_options.h"

namespace layerwatt::cli {

Action declare_map(CLI::App& app);

namespace {

struct Options {
  std::string raw_data_dir = "raw_data";
  std::string result_dir = "preprocessed_data";
  std::string method = "solve";
  std::string sort = "order";
  std::optional<double> idle_watts;
  SensorByHand sensor;
  std::optional<double> conversion_us;
  PowerLogOptions power_log;
  bool json = false;
};

/// All profiles as one JSON list.
void print_json(std::ostream& out, const std::vector<LayerProfile>& profiles) {
  out << "[\n";
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    if (i > 0) out << ",\n";
    write_profile_json(out, profiles[i]);
  }
  out << "]\n";
}

Result<double> idle_microwatts(const RawDataset& dataset, const RawModel& model,
                               const Options& options) {
  if (options.idle_watts) return *options.idle_watts * 1e6;
  return idle_microwatts_of(dataset, model);
}

/// Maps one model; the published methods need the idle power, the solver does without.
using MapOne = std::function<Result<LayerProfile>(const RawModel& model)>;

Result<MapOne> chosen_method(const Options& options, const RawDataset& dataset) {
  if (options.method == "solve") {
    SolveOptions solve;
    if (options.idle_watts) solve.idle_power = watts(*options.idle_watts);
    SensorByHand by_hand = options.sensor;
    if (options.conversion_us)
      by_hand.conversion_time = from_seconds(1e-6 * *options.conversion_us);
    if (by_hand.is_given()) {
      auto model = sensor_by_hand(by_hand);
      if (!model) return std::move(model).error();
      solve.sensor = *std::move(model);
    }
    return MapOne([solve, &options, &dataset](const RawModel& model) {
      return map_model_by_solving(dataset, model, solve, options.result_dir);
    });
  }
  // One model's is all models' where it is missing, or cannot be read.
  auto first = idle_microwatts(dataset, dataset.models.front(), options);
  if (!first && first.error().code() != ErrorCode::kUnknowable) return std::move(first).error();
  const MapMethod method =
      options.method == to_string(MapMethod::kNearest) ? MapMethod::kNearest : MapMethod::kWindow;
  return MapOne([method, &options, &dataset](const RawModel& model) -> Result<LayerProfile> {
    auto idle = idle_microwatts(dataset, model, options);
    if (!idle) return std::move(idle).error();
    return map_model(model, method, *idle, options.result_dir);
  });
}

/// Maps one model, and shows meanwhile that it goes on: long recordings take a while.
Result<LayerProfile> map_patiently(const MapOne& map_one, const RawModel& model, std::int64_t done,
                                   Progress& progress, Terminal& terminal) {
  constexpr std::chrono::milliseconds kLook(200);
  constexpr std::int64_t kTellEverySeconds = 10;
  const Instant begin = MonotonicClock::now();
  auto running = std::async(std::launch::async, [&] { return map_one(model); });
  for (std::int64_t told = 0; running.wait_for(kLook) != std::future_status::ready;) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(MonotonicClock::now() - begin).count();
    if (terminal.err_is_tty) {
      progress.set_detail(fmt::format("{}, {} s", model.name, seconds));
      progress.update(done);
    } else if (seconds / kTellEverySeconds > told) {
      told = seconds / kTellEverySeconds;
      terminal.err << fmt::format("{}: {} s so far\n", model.name, seconds);
    }
  }
  return running.get();
}

/// The dataset's one model, with the power of a log from outside.
Result<void> take_outside_power(const Options& options, RawDataset& dataset) {
  auto power = options.power_log.resolve();
  if (!power) return std::move(power).error();
  if (options.power_log.log.empty()) return {};
  if (dataset.models.size() != 1) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("a --power-log is of one run, and {} has {} models: give the folder of "
                    "one as --raw-data-dir",
                    options.raw_data_dir, dataset.models.size()));
  }
  auto model = with_outside_power(dataset.models.front(), {options.power_log.log, *power},
                                  options.result_dir);
  if (!model) return std::move(model).error();
  dataset.models.front() = *std::move(model);
  return {};
}

Result<void> map(const Options& options, Terminal& terminal) {
  const LayerSort sort = parse_layer_sort(options.sort).value_or(LayerSort::kOrder);
  auto dataset = find_raw_dataset(options.raw_data_dir);
  if (!dataset) return std::move(dataset).error();
  if (auto taken = take_outside_power(options, *dataset); !taken) return taken;
  auto map_one = chosen_method(options, *dataset);
  if (!map_one) return std::move(map_one).error();

  for (const std::string& name : dataset->cut_short) {
    terminal.err << fmt::format(
        "left aside: {}, a recording that was cut short; give its folder as --raw-data-dir to map "
        "it\n",
        name);
  }

  const TableStyle style{terminal.width, terminal.color};
  const auto total = static_cast<std::int64_t>(dataset->models.size());
  Progress progress(terminal.err, "Mapping power to layers", total,
                    {terminal.err_is_tty, terminal.err_width});
  std::vector<LayerProfile> profiles;
  std::int64_t failed = 0;
  std::int64_t done = 0;
  for (const RawModel& model : dataset->models) {
    progress.set_detail(model.name);
    progress.update(done);
    auto profile = map_patiently(*map_one, model, done++, progress, terminal);
    progress.wipe();
    if (!profile) {
      // One bad recording must not cost the others.
      terminal.err << "layerwatt map: " << model.name
                   << " left out: " << profile.error().to_string() << '\n';
      ++failed;
      continue;
    }
    if (!options.json) {
      print_layer_table(terminal.out, *profile, sort, style);
      terminal.out << "Written to "
                   << (std::filesystem::path(options.result_dir) / model.name).string() << ".\n\n";
    }
    if (options.json) profiles.push_back(*std::move(profile));
  }
  if (options.json) print_json(terminal.out, profiles);
  if (failed > 0) {
    return Error(ErrorCode::kParse, fmt::format("{} of {} models could not be mapped", failed,
                                                dataset->models.size()));
  }
  return {};
}

}  // namespace

Action declare_map(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("--raw-data-dir", options->raw_data_dir,
                 "Raw dataset, or the folder of one of its models")
      ->check(named())
      ->capture_default_str();
  app.add_option("--result-dir", options->result_dir, "Where the preprocessed dataset goes")
      ->check(named())
      ->capture_default_str();
  app.add_option(
         "--method", options->method,
         "solve: what each layer drew, with intervals; window: mean of the samples within a "
         "layer; nearest: the sample nearest to its end (both as published)")
      ->check(CLI::IsMember({"nearest", "solve", "window"}))
      ->capture_default_str();
  app.add_option("--idle-power", options->idle_watts,
                 "Idle power in watts, instead of that in idling_power.json")
      ->check(in_range(ranges::kWatts));
  app.add_option("--sensor-samples", options->sensor.samples,
                 "solve: averaging of the INA3221 behind the recording, where run.json does not "
                 "say it (found from the recording where absent)")
      ->check(in_range(ranges::kAverages));
  app.add_option("--conversion-time", options->conversion_us,
                 "solve: of one conversion, in microseconds (140 on a stock board)")
      ->check(in_range(ranges::kConversionMicroseconds));
  app.add_option("--sensor-board", options->sensor.board,
                 "solve: the board that it was recorded on, at its stock settings: agx-orin, "
                 "agx-xavier, nano, orin-nano, orin-nx, thor, tx2, tx2-nx or xavier-nx");
  options->power_log.declare(
      app,
      "Power of an instrument or program outside, instead of the dataset's own: what jtop, "
      "nvidia-smi, Joulescope, PowerSensor3 or another program wrote, on the run's clock");
  app.add_option("--sort", options->sort, "Order of the table: order, energy, power or time")
      ->check(CLI::IsMember({"order", "energy", "power", "time"}))
      ->capture_default_str();
  app.add_flag("--json", options->json, "Print the layer profiles as JSON instead of tables");
  app.footer(
      "Writes <result-dir>/<model>/power_runtime_mapping_layerwise.csv for every model, and a copy "
      "of its engine information; solve also layer_profile.json and layer_profile.csv.\n"
      "Examples: layerwatt map --raw-data-dir raw_data --result-dir preprocessed_data\n"
      "          layerwatt map --raw-data-dir raw_data/alexnet --power-log jtop.csv\n"
      "          layerwatt map --raw-data-dir raw_data/alexnet --power-log meter.csv \\\n"
      "            --columns time=t:unix,voltage=U:V,current=I:mA");
  return [options](Terminal& terminal) { return map(*options, terminal); };
}

}  // namespace layerwatt::cli
