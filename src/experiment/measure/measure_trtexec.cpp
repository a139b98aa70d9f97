#include "experiment/measure/measure_trtexec.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <system_error>
#include <utility>

#include "layerwatt/attribution/engine_blocks.h"
#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/trtexec.h"
#include "layerwatt/engines/onnxruntime_engine.h"
#include "layerwatt/engines/scratch_folder.h"
#include "layerwatt/running/tensorrt_model.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "experiment/measure/network_runner.h"
#include "experiment/measure/trtexec_segments.h"
#include "experiment/measure/trtexec_steps.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

class TrtexecDriver final : public NetworkDriver {
 public:
  TrtexecDriver(const TrtexecProgram& program, TensorRtBuild build, const MeasureOptions& options,
                Cancellation& cancellation, MeasureObserver& observer)
      : program_(program),
        build_(std::move(build)),
        options_(options),
        cancellation_(cancellation),
        observer_(observer) {}

  /// trtexec holds still before whole passes; before layers, it is not there yet.
  bool keeps_idle() const override { return !by_layers(); }
  bool runs_layers() const override { return by_layers(); }

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
    if (by_layers()) {
      if (auto r = cut(network); !r) return std::move(r).error();
    }
    return network;
  }

  Result<RunOutcome> run(const PreparedNetwork& network, const RunPlan& plan, Duration idle,
                         RunConductor& conductor) override {
    TrtexecTiming timing;
    timing.passes = plan.warmup + plan.runs;
    timing.spinning = options_.network.spinning;
    if (by_layers()) return run_layers(network, plan, timing, conductor);
    if (plan.duration) {
      constexpr Duration kSecond = std::chrono::seconds(1);
      timing.seconds = (*plan.duration + kSecond - Duration(1)) / kSecond;
    }
    timing.hold = idle;
    bool has_begun = false;
    auto timed = time_whole(
        timing,
        [&]() -> Result<void> {
          has_begun = true;
          // From here on the GPU rests until trtexec lets the first pass go.
          conductor.phase_began(RunPhase::kWhole, {1, false});
          if (conductor.start_error()) return *conductor.start_error();
          observer_.said("trtexec runs the passes, and tells their times at its end");
          return {};
        },
        [&] { conductor.advanced(1); });
    if (!timed) {
      if (has_begun && timed.error().code() == ErrorCode::kCancelled) return stopped();
      return std::move(timed).error();
    }
    return outcome_of(network, plan, *timed, idle);
  }

 private:
  bool by_layers() const { return options_.plan.run.schedule != Schedule::kWhole; }
  bool weighs() const { return options_.plan.run.schedule == Schedule::kWeighing; }

  Result<TrtexecTimed> time_whole(const TrtexecTiming& timing,
                                  const std::function<Result<void>()>& ready,
                                  const std::function<void()>& ended) {
    const fs::path times = folder_->path() / "times.json";
    return time_with_trtexec(program_, trtexec_timing_arguments(program_, engine_, timing, times),
                             times, cancellation_, ready, ended);
  }

  TrtexecSegments::Setting setting() const {
    return {.program = program_,
            .build = build_,
            .scratch = folder_->path(),
            .cancellation = cancellation_,
            .observer = observer_};
  }

  /// An engine for each layer. What a layer gets in the network is computed on the processor.
  Result<void> cut(const PreparedNetwork& network) {
    if (is_serialised_engine(options_.network.model)) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{}: an engine that is built already cannot be cut into its layers; "
                               "give the ONNX model, or use --schedule whole",
                               network.path));
    }
    auto reference = open_onnxruntime();
    std::vector<LayersTogether> together;
    if (weighs()) together = layers_together(layers_.averages);
    auto files =
        write_segment_files(network, options_.network, reference ? reference->get() : nullptr,
                            folder_->path(), together);
    if (!files) return std::move(files).error();
    files_ = *std::move(files);
    return {};
  }

  static std::vector<LayersTogether> layers_together(std::span<const Duration> run_times) {
    std::vector<LayersTogether> together;
    for (const LayerRange& range : layer_ranges(run_times)) {
      LayersTogether& layers = together.emplace_back(range.count);
      std::iota(layers.begin(), layers.end(), static_cast<std::int32_t>(range.first));
    }
    return together;
  }

  /// Run times in the network: the profile's, brought to a pass without the profiler.
  void take_in_place(RunOutcome& outcome) const {
    if (layers_.overlap || outcome.latencies.empty()) return;
    const double pass = to_seconds(run_time_stats(outcome.latencies).mean);
    const double scale = pass / to_seconds(layers_.sum);
    for (const Duration average : layers_.averages) {
      outcome.in_place_times.push_back({from_seconds(to_seconds(average) * scale)});
      outcome.in_place.push_back(run_time_stats(outcome.in_place_times.back()));
    }
  }

  Result<RunOutcome> run_layers(const PreparedNetwork& network, const RunPlan& plan,
                                const TrtexecTiming& timing, RunConductor& conductor) {
    // To stand beside the sum of the layers; not recorded.
    auto whole = time_whole(
        timing, [] { return Result<void>(); }, [] {});
    if (!whole) return std::move(whole).error();
    RunOutcome outcome;
    outcome.timeline.layers = network.layers;
    outcome.timeline.schedule = plan.schedule;
    outcome.timeline.stamps = StampSource::kPlacedByDuration;
    outcome.profiled_apart = layers_.inferences;
    take_latencies(whole->passes, plan, outcome);
    std::optional<EngineBlocks> lengths;
    if (weighs()) {
      lengths = plan_engine_blocks(plan.settling);
      if (options_.power.idle_lead) lengths->rest = *options_.power.idle_lead;
    }
    auto segments = TrtexecSegments::build(setting(), std::move(files_), plan, lengths);
    if (!segments) return std::move(segments).error();
    if (lengths) take_in_place(outcome);
    const auto ran = lengths ? segments->weigh(setting(), plan,
                                               {.lengths = *lengths,
                                                .network = engine_,
                                                .layers = &layers_,
                                                .spinning = timing.spinning},
                                               conductor, outcome)
                             : segments->run(setting(), plan, conductor, outcome);
    if (!ran) return ran.error();
    return outcome;
  }

  Result<void> check_options() const {
    const auto wrong = [](std::string_view message) {
      return Error(ErrorCode::kInvalidArgument, std::string(message));
    };
    if (options_.plan.precision) {
      return wrong(
          "trtexec loads an engine for each block, and how precise its blocks are is not known "
          "before the last: leave --precision out, and give --duration for more of them");
    }
    if (options_.plan.run.random_pause > Duration(0)) {
      return wrong("trtexec cannot pause at random between passes: leave --random-pause out");
    }
    if (options_.plan.run.profiled_runs == 0) {
      return wrong(
          "trtexec tells its layers from profiled passes alone: --profiled-runs must be "
          "1 or more");
    }
    // Layers get what the processor computed of the network's inputs.
    if (!options_.network.images.empty() && !by_layers()) {
      return wrong("trtexec feeds the network random values: leave --imgs out");
    }
    if (!options_.network.input_values.empty() && !by_layers()) {
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
    if (by_layers()) network.graph = *model;
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

  Result<void> build(const fs::path& engine) {
    observer_.said(fmt::format("trtexec ({}) builds the engine; this can take minutes",
                               to_string(program_.version)));
    return build_trtexec_engine(program_, model_, engine, build_, cancellation_);
  }

  Result<void> profile() {
    const fs::path profile = folder_->path() / "profile.json";
    const fs::path layers = folder_->path() / "layers.json";
    const std::int64_t passes = profiled_passes();
    observer_.said(
        fmt::format("{} passes under the layer profiler, not recorded", format_grouped(passes)));
    auto overlap =
        run_trtexec(program_, trtexec_profile_arguments(program_, engine_, passes, profile, layers),
                    "profile the engine", cancellation_);
    if (!overlap) return std::move(overlap).error();
    auto times = read_trtexec_profile(profile);
    if (!times) return of_trtexec_file(std::move(times).error(), "the profile");
    auto info = read_file(layers);
    if (!info) return of_trtexec_file(std::move(info).error(), "the list of layers");
    auto joined = join_trtexec_layers(*times, *info);
    if (!joined) return of_trtexec_file(std::move(joined).error(), "the list of layers");
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

  static Error stopped() {
    return Error(ErrorCode::kCancelled,
                 "stopped; trtexec tells the times of its passes at its end alone, so that nothing "
                 "of this run could be kept");
  }

  static void take_latencies(std::span<const TrtexecPass> passes, const RunPlan& plan,
                             RunOutcome& outcome) {
    const auto warm =
        std::min(static_cast<std::size_t>(plan.warmup), passes.empty() ? 0 : passes.size() - 1);
    for (const TrtexecPass& pass : passes.subspan(warm)) outcome.latencies.push_back(pass.latency);
  }

  Result<RunOutcome> outcome_of(const PreparedNetwork& network, const RunPlan& plan,
                                const TrtexecTimed& timed, Duration hold) {
    const std::span<const TrtexecPass> passes = timed.passes;
    const TrtexecAnchor anchor = anchor_trtexec(timed.ready, hold, passes, timed.ended);
    RunOutcome outcome;
    outcome.timeline.layers = network.layers;
    outcome.timeline.schedule = plan.schedule;
    outcome.timeline.stamps = StampSource::kPlacedByDuration;
    outcome.timeline.executions = place_trtexec_passes(passes, layers_, anchor.gpu_start);
    outcome.profiled_apart = layers_.inferences;
    take_latencies(passes, plan, outcome);
    outcome.notes = describe_trtexec_timeline(passes.last(outcome.latencies.size()), layers_);
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
  SegmentFiles files_;
};

}  // namespace

Result<Measurement> measure_with_trtexec(const TrtexecProgram& program, const TensorRtBuild& build,
                                         const MeasureOptions& options, Cancellation& cancellation,
                                         MeasureObserver& observer) {
  TrtexecDriver driver(program, build, options, cancellation, observer);
  return measure_with(driver, options, cancellation, observer);
}

}  // namespace layerwatt
