#include "experiment/measure/trtexec_segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "layerwatt/attribution/schedule.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/running/tensorrt_model.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "experiment/measure/trtexec_steps.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

using std::chrono::seconds;

/// Runs that are recorded together take so long.
constexpr Duration kOneRecord = std::chrono::milliseconds(1);
/// trtexec's own times of loading an engine on a small board, for the estimate.
constexpr Duration kStart = seconds(2);

/// How long each layer runs: whole seconds, as trtexec takes them.
std::int64_t seconds_of_stay(const RunPlan& plan, std::size_t layers) {
  Duration stay = plan.isolated_settle;
  if (plan.isolated_duration) {
    stay += *plan.isolated_duration;
  } else if (plan.duration) {
    stay += *plan.duration / static_cast<Duration::rep>(layers);
  }
  return std::max<std::int64_t>((stay + seconds(1) - Duration(1)) / seconds(1), 0);
}

/// trtexec parts inputs at commas and the last colon, and knows no way to write them otherwise;
/// only newer versions take quotes away again.
bool can_be_told(const SegmentFile::Input& input) {
  return input.name.find_first_of(",'\"") == std::string::npos &&
         input.values.string().find_first_of(",:'\"") == std::string::npos;
}

std::string about(Duration duration) {
  const double minutes = to_seconds(duration) / 60.0;
  return minutes < 1.5 ? fmt::format("{:.0f} s", to_seconds(duration))
                       : fmt::format("{:.0f} min", minutes);
}

/// One of each engine.
Duration time_of_set(const EngineBlocks& lengths, std::size_t engines) {
  return (lengths.rest + lengths.run + kStart) * static_cast<Duration::rep>(engines);
}

/// What will run, and about how long that takes.
std::string announce(std::size_t single, std::size_t ranges, const RunPlan& plan,
                     const std::optional<EngineBlocks>& lengths) {
  if (!lengths) {
    const Duration stay = seconds(seconds_of_stay(plan, single)) + kStart;
    return fmt::format("{} layers run one at a time, which takes about {}", single,
                       about(stay * static_cast<Duration::rep>(single)));
  }
  // And the whole network.
  const std::size_t engines = single + ranges + 1;
  const std::int32_t sets = engine_block_sets(plan, *lengths, engines);
  return fmt::format(
      "{} layers, {} ranges of layers and the whole network run in blocks of one engine each, {} "
      "times in random order, which takes about {}",
      single, ranges, sets, about(time_of_set(*lengths, engines) * sets));
}

}  // namespace

std::string trtexec_inputs(const SegmentFile& file) {
  std::string text;
  for (const SegmentFile::Input& input : file.inputs) {
    if (!can_be_told(input)) return {};
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", input.name, input.values.string());
  }
  return text;
}

std::int32_t engine_block_sets(const RunPlan& plan, const EngineBlocks& lengths,
                               std::size_t engines) {
  if (!plan.duration) return kWeighingSets;
  constexpr Duration::rep kMostSets = 1000;
  return static_cast<std::int32_t>(
      std::clamp<Duration::rep>(*plan.duration / time_of_set(lengths, engines), 1, kMostSets));
}

void add_interlude(Instant end, Instant begin_of_run, Timeline& timeline) {
  Instant begin = begin_of_run;
  if (!timeline.executions.empty()) begin = std::max(begin, timeline.executions.back().end);
  timeline.interludes.push_back({begin, std::max(begin, end)});
}

std::vector<Execution> stay_of_passes(std::span<const Execution> passes, std::int32_t layer,
                                      std::int32_t stay, const RunPlan& plan) {
  std::vector<Execution> records;
  if (passes.empty()) return records;
  const Instant settled = passes.front().start + plan.isolated_settle;
  std::int64_t singles = 0;
  bool has_settled = false;
  for (std::size_t i = 0; i < passes.size(); ++i) {
    const Execution& pass = passes[i];
    if (!has_settled && pass.start >= settled) {
      has_settled = true;
      singles = 0;
    }
    const bool is_single = singles++ < plan.isolated_single_runs || i + 1 == passes.size();
    const bool joins = !is_single && !records.empty() && records.back().runs < 0;
    if (joins && pass.start < records.back().start + kOneRecord &&
        (records.back().start < settled) == (pass.start < settled)) {
      records.back().end = pass.end;
      --records.back().runs;
      continue;
    }
    // Below 0 while others may join it.
    records.push_back({.segment = layer,
                       .pass = stay,
                       .repeat = static_cast<std::int32_t>(i),
                       .block = stay,
                       .start = pass.start,
                       .end = pass.end,
                       .runs = is_single ? 1 : -1});
  }
  for (Execution& record : records) record.runs = std::abs(record.runs);
  return records;
}

Result<TrtexecSegments> TrtexecSegments::build(const Setting& setting, SegmentFiles files,
                                               const RunPlan& plan,
                                               const std::optional<EngineBlocks>& lengths) {
  TrtexecSegments out;
  out.network_inputs_ = std::move(files.network_inputs);
  out.left_out_ = std::move(files.left_out);
  out.without_inputs_ = std::move(files.without_inputs);
  const TensorRtBuild& build = setting.build;
  const fs::path folder = build.cache_folder.empty() ? setting.scratch : build.cache_folder;
  std::size_t missing = 0;
  std::error_code error;
  for (SegmentFile& file : files.segments) {
    const fs::path engine =
        folder / cached_engine_name(file.bytes, build, setting.program.version, machine_identity());
    if (!fs::exists(engine, error)) ++missing;
    file.bytes.clear();
    out.segments_.push_back({.file = std::move(file), .engine = engine});
  }
  const auto single = static_cast<std::size_t>(std::ranges::count_if(
      out.segments_, [](const Segment& s) { return s.file.layers.size() == 1; }));
  setting.observer.said(fmt::format(
      "{}; before that {} engines are built, each some seconds to a minute{}",
      announce(single, out.segments_.size() - single, plan, lengths), missing,
      build.cache_folder.empty() ? "" : fmt::format(", and kept in {}", folder.string())));

  const Instant begin = MonotonicClock::now();
  std::size_t built = 0;
  std::vector<Segment> usable;
  for (Segment& segment : out.segments_) {
    if (fs::exists(segment.engine, error)) {
      segment.was_cached = true;
      usable.push_back(std::move(segment));
      continue;
    }
    const auto done = build_trtexec_engine(setting.program, segment.file.model, segment.engine,
                                           build, setting.cancellation);
    if (!done && done.error().code() == ErrorCode::kCancelled) return done.error();
    ++built;
    if (done) {
      usable.push_back(std::move(segment));
    } else {
      const auto& layers = segment.file.layers;
      const std::string which = layers.size() == 1 ? fmt::format("layer {}", layers.front())
                                                   : fmt::format("layers {} to {} together",
                                                                 layers.front(), layers.back());
      out.left_out_.push_back(fmt::format("{}: {}", which, done.error().message()));
    }
    const Duration left = (MonotonicClock::now() - begin) / static_cast<Duration::rep>(built) *
                          static_cast<Duration::rep>(missing - built);
    if (built < missing && (built == 1 || built % 10 == 0)) {
      setting.observer.said(
          fmt::format("{} of {} engines built, about {} left", built, missing, about(left)));
    }
  }
  out.segments_ = std::move(usable);
  if (out.segments_.empty()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("no engine of a single layer could be built; the first: {}",
                             out.left_out_.empty() ? "" : out.left_out_.front()));
  }
  return out;
}

Result<TrtexecTimed> TrtexecSegments::time(const Setting& setting, const Segment& segment,
                                           const TrtexecTiming& timing) const {
  const fs::path times = setting.scratch / "segment-times.json";
  auto arguments = trtexec_timing_arguments(setting.program, segment.engine, timing, times);
  const std::string inputs = trtexec_inputs(segment.file);
  if (!inputs.empty()) arguments.push_back("--loadInputs=" + inputs);
  const auto run = [&] {
    return time_with_trtexec(
        setting.program, arguments, times, setting.cancellation, [] { return Result<void>(); },
        [] {});
  };
  auto timed = run();
  if (timed || !segment.was_cached || timed.error().code() != ErrorCode::kUnsupported) return timed;
  setting.observer.said("a layer's engine in the cache cannot be used here; building it anew");
  auto built = build_trtexec_engine(setting.program, segment.file.model, segment.engine,
                                    setting.build, setting.cancellation);
  if (!built) return std::move(built).error();
  return run();
}

void TrtexecSegments::add_notes(std::size_t random_inputs, std::size_t ran, std::string_view what,
                                RunOutcome& outcome) const {
  if (random_inputs > 0) {
    outcome.notes.push_back(fmt::format(
        "{} of {} {} ran on random values instead of those that they get in the network{}{}.",
        random_inputs, ran, what, without_inputs_.empty() ? "" : ": ", without_inputs_));
  }
  for (const std::string& layer : left_out_) {
    outcome.notes.push_back(fmt::format("Not run alone: {}", layer));
  }
}

Result<void> TrtexecSegments::run(const Setting& setting, const RunPlan& plan,
                                  RunObserver& observer, RunOutcome& outcome) const {
  const std::size_t count = segments_.size();
  std::vector<std::vector<Duration>> run_times(outcome.timeline.layers.size());
  TrtexecTiming timing;
  timing.seconds = seconds_of_stay(plan, count);
  timing.passes = plan.isolated_duration || plan.duration ? 1 : plan.runs;
  observer.phase_began(RunPhase::kSegments, {static_cast<std::int64_t>(count), false});
  std::int32_t stay = 0;
  std::size_t random_inputs = 0;
  const Instant begin = MonotonicClock::now();
  Duration uncertainty{0};
  for (const std::int32_t index : isolated_order(count, plan.seed)) {
    const Segment& segment = segments_[static_cast<std::size_t>(index)];
    if (trtexec_inputs(segment.file).empty()) ++random_inputs;
    auto timed = time(setting, segment, timing);
    if (!timed) {
      // Layers that ran before are kept.
      if (timed.error().code() != ErrorCode::kCancelled || stay == 0) {
        return std::move(timed).error();
      }
      outcome.partial = true;
      break;
    }
    const TrtexecAnchor anchor =
        anchor_trtexec(timed->ready, Duration(0), timed->passes, timed->ended);
    uncertainty = std::max(uncertainty, anchor.uncertainty);
    TrtexecLayers whole;
    whole.overlap = true;  // no layers within a pass, which is one
    const auto placed = place_trtexec_passes(timed->passes, whole, anchor.gpu_start);
    const std::int32_t layer = segment.file.layers.front();
    auto records = stay_of_passes(placed, layer, stay, plan);
    auto& layer_times = run_times[static_cast<std::size_t>(layer)];
    add_interlude(std::min(timed->ready, anchor.gpu_start), begin, outcome.timeline);
    for (const Execution& record : records) layer_times.push_back(record.run_time());
    observer.executed(records);
    auto& executions = outcome.timeline.executions;
    executions.insert(executions.end(), records.begin(), records.end());
    ++stay;
    observer.advanced(stay);
    if (setting.cancellation.requested()) {
      outcome.partial = static_cast<std::size_t>(stay) < count;
      break;
    }
  }
  add_interlude(MonotonicClock::now(), begin, outcome.timeline);
  for (const auto& durations : run_times) outcome.isolated.push_back(run_time_stats(durations));
  outcome.notes.push_back(fmt::format(
      "Each layer ran in a trtexec process of its own, and between two of them the machine loaded "
      "an engine. Where a layer's runs lie on this machine's clock is known to within {}.",
      format_si(to_seconds(uncertainty), "s")));
  add_notes(random_inputs, static_cast<std::size_t>(stay), "layers", outcome);
  return {};
}

}  // namespace layerwatt
