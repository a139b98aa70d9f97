#include "simulation/datasets/simulated_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/attribution/schedule.h"
#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

constexpr std::size_t kMostExecutions = 50'000'000;

Duration rounded(double ns) { return Duration(static_cast<Duration::rep>(ns + 0.5)); }

/// Appends executions one after the other.
class Runner {
 public:
  Runner(const SimulatedNetwork& network, const SimulatedRun& run, Instant begin,
         Timeline& timeline)
      : network_(network), run_(run), timeline_(timeline), random_(run.seed, "run"), now_(begin) {}

  Instant now() const { return now_; }
  bool full() const { return timeline_.executions.size() > kMostExecutions; }

  void execute(std::size_t segment, std::int32_t repeat, std::int32_t block) {
    const double mean = static_cast<double>(network_.run_times[segment].count());
    const double factor = std::max(0.2, 1.0 + run_.run_time_jitter * random_.gaussian());
    const Instant end = now_ + rounded(mean * factor);
    timeline_.executions.push_back(
        {static_cast<std::int32_t>(segment), pass_, repeat, block, now_, end});
    now_ = end + rounded(static_cast<double>(run_.segment_gap.count()) * random_.uniform(0.7, 1.3));
  }

  void end_pass(Duration pause = Duration(0)) {
    ++pass_;
    now_ += pause + rounded(static_cast<double>(run_.pass_gap.count()) * random_.uniform(1.0, 3.0) +
                            static_cast<double>(run_.random_pause.count()) * random_.uniform());
  }

  /// An engine is loaded, and the machine rests with it.
  void load_engine(Duration rest) {
    constexpr double kShortest = 1e9;
    constexpr double kLongest = 3e9;
    const Instant begin = now_;
    now_ += rounded(random_.uniform(kShortest, kLongest));
    timeline_.interludes.push_back({begin, now_});
    now_ += rest;
  }

  void wait_for_lock(Instant begin, double period_ns) {
    const double since = static_cast<double>((now_ - begin).count());
    now_ = begin + rounded(std::ceil(since / period_ns) * period_ns);
  }

 private:
  const SimulatedNetwork& network_;
  const SimulatedRun& run_;
  Timeline& timeline_;
  Random random_;
  Instant now_;
  std::int32_t pass_ = 0;
};

void run_whole(Runner& runner, std::size_t segments, const SimulatedRun& run, Instant begin) {
  while (runner.now() < begin + run.duration && !runner.full()) {
    if (run.lock_to_ns) runner.wait_for_lock(begin, *run.lock_to_ns);
    for (std::size_t s = 0; s < segments; ++s) runner.execute(s, 0, 0);
    runner.end_pass();
  }
}

void run_isolated(Runner& runner, std::size_t segments, const SimulatedRun& run) {
  const Duration share = run.duration / static_cast<Duration::rep>(segments);
  std::int32_t block = 0;
  for (const std::int32_t s : isolated_order(segments, run.seed)) {
    const Instant begin = runner.now();
    std::int32_t repeat = 0;
    while (runner.now() < begin + share && !runner.full()) {
      runner.execute(static_cast<std::size_t>(s), repeat++, block);
    }
    runner.end_pass(kIsolatedPause);
    ++block;
  }
}

void run_weighing(Runner& runner, std::span<const Duration> run_times, const SimulatedRun& run,
                  Instant begin) {
  WeighingDesign design(run_times, run.high_repeats, run.seed, run.weighing_focus);
  for (std::int32_t block = 0; runner.now() < begin + run.duration && !runner.full(); ++block) {
    design.begin_block();
    const Instant block_end =
        runner.now() + from_seconds(to_seconds(run.block_length) * design.block_part());
    do {
      const auto repeats = design.next_pass();
      for (std::size_t s = 0; s < repeats.size(); ++s) {
        for (std::int32_t r = 0; r < repeats[s]; ++r) runner.execute(s, r, block);
      }
      runner.end_pass(design.pause());
    } while (runner.now() < block_end && !runner.full());
  }
}

/// Each layer alone, ranges of layers, and the whole network, each an engine.
void run_engine_blocks(Runner& runner, std::span<const Duration> run_times,
                       const SimulatedRun& run) {
  std::vector<LayerRange> engines;
  for (std::size_t s = 0; s < run_times.size(); ++s) engines.push_back({s, 1});
  const auto ranges = layer_ranges(run_times);
  engines.insert(engines.end(), ranges.begin(), ranges.end());
  if (run_times.size() > 1) engines.push_back({0, run_times.size()});
  std::int32_t block = 0;
  for (std::int32_t set = 0; set < run.engine_sets; ++set) {
    for (const std::int32_t e : engine_block_order(engines.size(), run.seed, set)) {
      const LayerRange& engine = engines[static_cast<std::size_t>(e)];
      runner.load_engine(run.engine_blocks->rest);
      const Instant block_end = runner.now() + run.engine_blocks->run;
      for (std::int32_t i = 0; runner.now() < block_end && !runner.full(); ++i) {
        for (std::size_t s = engine.first; s < engine.first + engine.count; ++s) {
          runner.execute(s, engine.count == 1 ? i : 0, block);
        }
        if (engine.count > 1) runner.end_pass();
      }
      if (engine.count == 1) runner.end_pass();
      ++block;
    }
  }
}

}  // namespace

Result<Timeline> simulate_timeline(const SimulatedNetwork& network, const SimulatedRun& run,
                                   Instant begin) {
  const std::size_t segments = network.layers.size();
  if (segments == 0) return Error(ErrorCode::kInvalidArgument, "the network has no layers");
  Timeline timeline;
  timeline.layers = network.layers;
  timeline.schedule = run.schedule;
  timeline.stamps = StampSource::kMeasured;
  Runner runner(network, run, begin, timeline);
  switch (run.schedule) {
    case Schedule::kWhole:
      run_whole(runner, segments, run, begin);
      break;
    case Schedule::kIsolated:
      run_isolated(runner, segments, run);
      break;
    case Schedule::kWeighing:
      if (run.engine_blocks) {
        run_engine_blocks(runner, network.run_times, run);
      } else {
        run_weighing(runner, network.run_times, run, begin);
      }
      break;
  }
  if (runner.full()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the run would have more than {} executions of layers; choose a "
                             "shorter duration",
                             kMostExecutions));
  }
  return timeline;
}

Timeline with_block_error(const Timeline& timeline, Duration most, std::uint64_t seed) {
  Random random(seed, "block error");
  Timeline moved = timeline;
  moved.stamps = StampSource::kPlacedByDuration;
  std::int32_t block = -1;
  Duration by{0};
  for (Execution& e : moved.executions) {
    if (e.block != block) {
      block = e.block;
      by = Duration(static_cast<Duration::rep>(static_cast<double>(most.count()) *
                                               random.uniform(-1.0, 1.0)));
    }
    e.start += by;
    e.end += by;
  }
  return moved;
}

Timeline with_callback_stamps(const Timeline& timeline, std::uint64_t seed) {
  Random random(seed, "callbacks");
  Timeline stamped = timeline;
  stamped.stamps = StampSource::kUnknown;
  auto& executions = stamped.executions;
  for (std::size_t first = 0; first < executions.size();) {
    std::size_t last = first;
    while (last + 1 < executions.size() && executions[last + 1].pass == executions[first].pass) {
      ++last;
    }
    // The inference is waited for, then the profiler reports: a few tens of microseconds later.
    Instant stamp = executions[last].end + rounded(random.uniform(25e3, 60e3));
    for (std::size_t i = first; i <= last; ++i) {
      stamp += rounded(random.uniform(10e3, 27e3));
      const Duration run_time = executions[i].run_time();
      executions[i].end = stamp;
      executions[i].start = stamp - run_time;
    }
    first = last + 1;
  }
  std::ranges::stable_sort(executions, {}, &Execution::start);
  return stamped;
}

}  // namespace layerwatt
