#include "experiment/measure/measure_trtexec.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/trtexec.h"
#include "layerwatt/engines/scratch_folder.h"
#include "layerwatt/running/tensorrt_model.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "experiment/measure/network_runner.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPassesBegin = "Starting inference";
constexpr std::string_view kPassesEnded = "Warmup completed";
/// Some readings of the slowest sensor bus.
constexpr auto kTail = std::chrono::milliseconds(20);
constexpr std::string_view kStreamsWarning = "auxiliary streams";

Error cut_short(Error error, std::string_view what) {
  return Error(error.code(),
               fmt::format("{} that trtexec wrote cannot be used (is the disk full?): {}", what,
                           error.to_string()));
}

/// Runs it to its end; true if it warned that layers overlap.
Result<bool> run_to_end(const TrtexecProgram& program, const std::vector<std::string>& arguments,
                        std::string_view what, const Cancellation& cancellation) {
  auto run = TrtexecRun::start(program, arguments);
  if (!run) return std::move(run).error();
  bool overlap = false;
  for (;;) {
    auto line = run->next_line(cancellation);
    if (!line) return std::move(line).error();
    if (!*line) break;
    overlap = overlap || (*line)->text.find(kStreamsWarning) != std::string::npos;
  }
  if (auto done = run->finish(what); !done) return std::move(done).error();
  return overlap;
}

class TrtexecDriver final : public NetworkDriver {
 public:
  TrtexecDriver(const TrtexecProgram& program, TensorRtBuild build, const MeasureOptions& options,
                Cancellation& cancellation, MeasureObserver& observer)
      : program_(program),
        build_(std::move(build)),
        options_(options),
        cancellation_(cancellation),
        observer_(observer) {}

  bool keeps_idle() const override { return true; }

  Result<PreparedNetwork> prepare() override {
    if (auto r = check_options(); !r) return std::move(r).error();
    auto folder = ScratchFolder::make();
    if (!folder) return std::move(folder).error();
    folder_ = *std::move(folder);
    PreparedNetwork network;
    network.type = options_.network.type;
    network.spinning = options_.network.spinning;
    network.engine = "tensorrt";
    network.engine_version = fmt::format("{} (trtexec)", to_string(program_.version));
    if (auto r = find_engine(network); !r) return std::move(r).error();
    auto profiled = profile();
    if (!profiled && was_cached_ && profiled.error().code() == ErrorCode::kUnsupported) {
      observer_.said("the engine in the cache cannot be used here; building it anew");
      if (auto r = build(engine_); !r) return std::move(r).error();
      profiled = profile();
    }
    if (!profiled) return std::move(profiled).error();
    network.layers = layers_.layers;
    network.engine_info = layers_.engine_info;
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration idle,
                         RunConductor& conductor) override {
    const fs::path times = folder_->path() / "times.json";
    TrtexecTiming timing;
    timing.passes = plan.warmup + plan.runs;
    if (plan.duration) {
      constexpr Duration kSecond = std::chrono::seconds(1);
      timing.seconds = (*plan.duration + kSecond - Duration(1)) / kSecond;
    }
    timing.hold = idle;
    timing.spinning = options_.network.spinning;
    auto run =
        TrtexecRun::start(program_, trtexec_timing_arguments(program_, engine_, timing, times));
    if (!run) return std::move(run).error();
    auto window = follow(*run, conductor);
    if (!window) return std::move(window).error();
    if (auto done = run->finish("run the network"); !done) return std::move(done).error();
    if (!window->ready || !window->ended) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{} never said that its passes began; is it NVIDIA's?",
                               program_.path.string()));
    }
    auto passes = read_trtexec_times(times);
    if (!passes) return cut_short(std::move(passes).error(), "the file of pass times");
    return outcome_of(network, plan, *passes, *window, idle);
  }

 private:
  /// When the timed passes can have run.
  struct Window {
    std::optional<Instant> ready;
    std::optional<Instant> ended;
  };

  Result<void> check_options() const {
    const auto wrong = [](std::string_view message) {
      return Error(ErrorCode::kInvalidArgument, std::string(message));
    };
    if (options_.plan.run.schedule != Schedule::kWhole) {
      return wrong(
          "trtexec runs whole networks alone: --schedule isolated and weighing need "
          "--engine tensorrt, or --engine onnxruntime");
    }
    if (options_.plan.run.random_pause > Duration(0)) {
      return wrong("trtexec cannot pause at random between passes: leave --random-pause out");
    }
    if (options_.plan.run.profiled_runs == 0) {
      return wrong(
          "trtexec tells its layers from profiled passes alone: --profiled-runs must be "
          "1 or more");
    }
    if (!options_.network.images.empty()) {
      return wrong("trtexec feeds the network random values: leave --imgs out");
    }
    if (!options_.network.input_values.empty()) {
      return wrong("trtexec feeds the network random values: leave --input-data out");
    }
    return check_build(build_, program_.version);
  }

  Result<void> find_engine(PreparedNetwork& network) {
    if (is_serialised_engine(options_.network.model)) {
      engine_ = options_.network.model;
      return name_serialised_engine(options_.network, network);
    }
    auto model = load_tensorrt_model(options_.network, program_.version, network);
    if (!model) return std::move(model).error();
    model_ = folder_->path() / (network.name + ".onnx");
    const std::string_view text(reinterpret_cast<const char*>(model->data()), model->size());
    auto file = AtomicFile::create(model_, AtomicFile::Durability::kWhenConvenient);
    if (!file) return std::move(file).error();
    file->write(text);
    if (auto r = file->commit(); !r) return r;
    const std::string name =
        cached_engine_name(*model, build_, program_.version, machine_identity());
    if (!use_cache()) {
      engine_ = folder_->path() / name;
      return build(engine_);
    }
    engine_ = build_.cache_folder / name;
    std::error_code error;
    was_cached_ = fs::exists(engine_, error);
    if (was_cached_) {
      observer_.said(fmt::format("using the engine that was built before: {}", engine_.string()));
      return {};
    }
    return build(engine_);
  }

  /// False where the cache cannot be used, and none is then.
  bool use_cache() {
    if (build_.cache_folder.empty()) return false;
    std::error_code error;
    fs::create_directories(build_.cache_folder, error);
    if (!error) return true;
    observer_.said(fmt::format("engines are not kept: cannot make the folder {}: {}",
                               build_.cache_folder.string(), error.message()));
    build_.cache_folder.clear();
    return false;
  }

  /// Beside its place, so that a build that is stopped leaves no engine that looks whole.
  Result<void> build(const fs::path& engine) {
    observer_.said(fmt::format("trtexec ({}) builds the engine; this can take minutes",
                               to_string(program_.version)));
    fs::path draft = engine;
    draft += ".part";
    auto built = run_to_end(program_, trtexec_build_arguments(program_, model_, draft, build_),
                            "build the engine", cancellation_);
    std::error_code error;
    if (built) {
      fs::rename(draft, engine, error);
      if (!error) return {};
      return error_from_errno(error.value(), "keep the engine that trtexec built").at(engine);
    }
    fs::remove(draft, error);
    return std::move(built).error();
  }

  Result<void> profile() {
    const fs::path profile = folder_->path() / "profile.json";
    const fs::path layers = folder_->path() / "layers.json";
    const std::int64_t passes = profiled_passes();
    observer_.said(
        fmt::format("{} passes under the layer profiler, not recorded", format_grouped(passes)));
    auto overlap =
        run_to_end(program_, trtexec_profile_arguments(program_, engine_, passes, profile, layers),
                   "profile the engine", cancellation_);
    if (!overlap) return std::move(overlap).error();
    auto times = read_trtexec_profile(profile);
    if (!times) return cut_short(std::move(times).error(), "the profile");
    auto info = read_file(layers);
    if (!info) return cut_short(std::move(info).error(), "the list of layers");
    auto joined = join_trtexec_layers(*times, *info);
    if (!joined) return cut_short(std::move(joined).error(), "the list of layers");
    layers_ = *std::move(joined);
    layers_.overlap = layers_.overlap || *overlap;
    return {};
  }

  std::int64_t profiled_passes() const {
    // For averages; beyond this they do not change.
    constexpr std::int64_t kEnough = 2000;
    if (options_.plan.run.profiled_runs) return *options_.plan.run.profiled_runs;
    return std::min(options_.plan.runs.value_or(kEnough), kEnough);
  }

  /// Reads what trtexec prints while the recorder runs.
  Result<Window> follow(TrtexecRun& run, RunConductor& conductor) {
    Window window;
    for (;;) {
      auto line = run.next_line(cancellation_);
      if (!line) {
        if (line.error().code() == ErrorCode::kCancelled && window.ready) return stopped();
        return std::move(line).error();
      }
      if (!*line) return window;
      if (!window.ready && (*line)->text.find(kPassesBegin) != std::string::npos) {
        window.ready = (*line)->when;
        // From here on the GPU rests until trtexec lets the first pass go.
        conductor.phase_began(RunPhase::kWhole, {1, false});
        if (conductor.start_error()) return *conductor.start_error();
        observer_.said("trtexec runs the passes, and tells their times at its end");
      } else if (window.ready && !window.ended &&
                 (*line)->text.find(kPassesEnded) != std::string::npos) {
        window.ended = (*line)->when;
        // The reading after the last pass is the first that shows the whole of it.
        std::this_thread::sleep_for(kTail);
        conductor.advanced(1);
      }
    }
  }

  static Error stopped() {
    return Error(ErrorCode::kCancelled,
                 "stopped; trtexec tells the times of its passes at its end alone, so that nothing "
                 "of this run could be kept");
  }

  Result<RunOutcome> outcome_of(const PreparedNetwork& network, const RunPlan& plan,
                                std::span<const TrtexecPass> passes, const Window& window,
                                Duration hold) {
    const TrtexecAnchor anchor = anchor_trtexec(*window.ready, hold, passes, *window.ended);
    RunOutcome outcome;
    outcome.timeline.layers = network.layers;
    outcome.timeline.schedule = plan.schedule;
    outcome.timeline.stamps = StampSource::kPlacedByDuration;
    outcome.timeline.executions = place_trtexec_passes(passes, layers_, anchor.gpu_start);
    outcome.profiled_apart = layers_.inferences;
    const auto warm =
        std::min(static_cast<std::size_t>(plan.warmup), passes.empty() ? 0 : passes.size() - 1);
    for (const TrtexecPass& pass : passes.subspan(warm)) outcome.latencies.push_back(pass.latency);
    outcome.notes = describe_trtexec_timeline(passes.subspan(warm), layers_);
    outcome.notes.push_back(fmt::format(
        "Where the passes lie on this machine's clock is known to within {}: from trtexec's word "
        "before the first of them, and after the last.",
        format_si(to_seconds(anchor.uncertainty), "s")));
    return outcome;
  }

  const TrtexecProgram& program_;
  TensorRtBuild build_;
  const MeasureOptions& options_;
  Cancellation& cancellation_;
  MeasureObserver& observer_;
  std::unique_ptr<ScratchFolder> folder_;
  fs::path model_;
  fs::path engine_;
  bool was_cached_ = false;
  TrtexecLayers layers_;
};

}  // namespace

Result<Measurement> measure_with_trtexec(const TrtexecProgram& program, const TensorRtBuild& build,
                                         const MeasureOptions& options, Cancellation& cancellation,
                                         MeasureObserver& observer) {
  TrtexecDriver driver(program, build, options, cancellation, observer);
  return measure_with(driver, options, cancellation, observer);
}

}  // namespace layerwatt
