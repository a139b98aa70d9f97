#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <memory>
#include <optional>

#include "layerwatt/analysis/map_by_solving.h"
#include "layerwatt/analysis/map_dataset.h"
#include "layerwatt/analysis/map_side_by_side.h"
#include "layerwatt/analysis/outside_power.h"
#include "layerwatt/analysis/sensor_by_hand.h"
#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/report/layer_table.h"
#include "layerwatt/report/progress.h"

#include "cli/command.h"
#include "cli/options/number_option.h"
#include "cli/options/power_log_options.h"

namespace layerwatt::cli {

Action declare_map(App& app);

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
  std::size_t jobs = 1;
  std::optional<std::uint64_t> memory_mebibytes;
  bool json = false;
};

Result<double> idle_microwatts(const RawDataset& dataset, const RawModel& model,
                               const Options& options) {
  if (options.idle_watts) return *options.idle_watts * 1e6;
  return idle_microwatts_of(dataset, model);
}

/// The published methods need the idle power, the solver does without.
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

SideBySideLimits limits_of(const Options& options) {
  SideBySideLimits limits{options.jobs, std::nullopt};
  if (options.memory_mebibytes) {
    limits.memory = *options.memory_mebibytes << 20;
  } else if (const auto told = read_file("/proc/meminfo")) {
    limits.memory = half_of_available_memory(*told);
  }
  return limits;
}

/// Prints results in the dataset's order as they come, and tells how many there were.
class MapResults {
 public:
  MapResults(const Options& options, Terminal& terminal) : options_(options), terminal_(terminal) {
    if (options_.json) terminal_.out << "[\n";
  }
  void end() {
    if (options_.json) terminal_.out << "]\n";
  }
  void add(const RawModel& model, const Result<LayerProfile>& profile) {
    ++count_;
    if (!profile) {
      // One bad recording must not cost the others.
      terminal_.err << "layerwatt map: " << model.name
                    << " left out: " << profile.error().to_string() << '\n';
      ++failed_;
      return;
    }
    if (options_.json) {
      if (count_ - failed_ > 1) terminal_.out << ",\n";
      write_profile_json(terminal_.out, *profile);
      return;
    }
    const LayerSort sort = parse_layer_sort(options_.sort).value_or(LayerSort::kOrder);
    print_layer_table(terminal_.out, *profile, sort, {terminal_.width, terminal_.color});
    terminal_.out << "Written to "
                  << (std::filesystem::path(options_.result_dir) / model.name).string() << ".\n\n";
  }
  std::size_t count() const { return count_; }
  std::size_t failed() const { return failed_; }

 private:
  const Options& options_;
  Terminal& terminal_;
  std::size_t count_ = 0;
  std::size_t failed_ = 0;
};

/// Waits for the next result, and shows meanwhile that work goes on: long recordings take a while.
/// Absent where a wish to stop came before the model had begun.
std::optional<Result<LayerProfile>> wait_patiently(MapSideBySide& work, std::int64_t done,
                                                   const Cancellation& stop, Progress& progress,
                                                   Terminal& terminal) {
  constexpr std::chrono::milliseconds kLook(200);
  constexpr std::int64_t kTellEverySeconds = 10;
  const Instant begin = MonotonicClock::now();
  // Where the wish came earlier it is known already.
  bool is_stopping = stop.requested();
  for (std::int64_t told = 0; work.has_next();) {
    if (auto result = work.next(kLook)) return result;
    const std::string names = fmt::format("{}", fmt::join(work.at_work(), ", "));
    if (stop.requested() && !is_stopping) {
      is_stopping = true;
      work.stop();
      progress.wipe();
      terminal.err << fmt::format(
          "stopping once what is at work is done ({}); Ctrl-C again ends at once\n", names);
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(MonotonicClock::now() - begin).count();
    if (terminal.err_is_tty) {
      progress.set_detail(fmt::format("{}, {} s", names, seconds));
      progress.update(done);
    } else if (seconds / kTellEverySeconds > told) {
      told = seconds / kTellEverySeconds;
      terminal.err << fmt::format("{}: {} s so far\n", names, seconds);
    }
  }
  return std::nullopt;
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

  const auto total = static_cast<std::int64_t>(dataset->models.size());
  Progress progress(terminal.err, "Mapping power to layers", total,
                    {terminal.err_is_tty, terminal.err_width});
  Cancellation stop;
  const SignalCancellation signals(stop);
  MapResults results(options, terminal);
  MapSideBySide work(dataset->models, *map_one, limits_of(options));
  for (const RawModel& model : dataset->models) {
    const auto done = static_cast<std::int64_t>(results.count());
    progress.set_detail(model.name);
    progress.update(done);
    // Where the wish came while a result was printed.
    if (stop.requested()) work.stop();
    const auto profile = wait_patiently(work, done, stop, progress, terminal);
    progress.wipe();
    if (!profile) break;
    results.add(model, *profile);
  }
  results.end();
  if (results.count() < dataset->models.size()) {
    return Error(ErrorCode::kCancelled,
                 fmt::format("stopped: {} of {} models were mapped and are kept, the others were "
                             "not begun",
                             results.count() - results.failed(), dataset->models.size()));
  }
  if (results.failed() > 0) {
    return Error(ErrorCode::kParse, fmt::format("{} of {} models could not be mapped",
                                                results.failed(), dataset->models.size()));
  }
  return {};
}

}  // namespace

Action declare_map(App& app) {
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
      ->check(one_of({"nearest", "solve", "window"}))
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
      ->check(one_of({"order", "energy", "power", "time"}))
      ->capture_default_str();
  app.add_option("--jobs", options->jobs,
                 "Models mapped side by side; results and their order are those of one job")
      ->check(in_range(ranges::kJobs))
      ->capture_default_str();
  app.add_option("--memory", options->memory_mebibytes,
                 "MiB that they may take together: a model whose files say that it would be too "
                 "much waits, and one that is larger runs alone (half of what is available if "
                 "absent)")
      ->check(in_range(ranges::kMebibytes));
  app.add_flag("--json", options->json, "Print the layer profiles as JSON instead of tables");
  app.footer(
      "Writes <result-dir>/<model>/power_runtime_mapping_layerwise.csv for every model, and a copy "
      "of its engine information; solve also layer_profile.json and layer_profile.csv.\n"
      "Examples: layerwatt map --raw-data-dir raw_data --result-dir preprocessed_data\n"
      "          layerwatt map --raw-data-dir raw_data --jobs 4\n"
      "          layerwatt map --raw-data-dir raw_data/alexnet --power-log jtop.csv\n"
      "          layerwatt map --raw-data-dir raw_data/alexnet --power-log meter.csv \\\n"
      "            --columns time=t:unix,voltage=U:V,current=I:mA");
  return [options](Terminal& terminal) { return map(*options, terminal); };
}

}  // namespace layerwatt::cli
