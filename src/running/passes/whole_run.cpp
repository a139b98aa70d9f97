#include "running/passes/whole_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <string>
#include <unordered_map>
#include <utility>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

/// A new session's first passes fill caches and pools.
constexpr std::int64_t kProfilerWarmup = 3;
/// Beyond this the profiler's clock and ours do not agree, and its stamps are worth nothing.
constexpr Duration kClockTolerance = std::chrono::microseconds(200);

Result<std::unique_ptr<Session>> open_session(RunState& state, bool profile_layers) {
  auto session = state.load(state.network.graph, state.network.name, profile_layers);
  if (!session) return std::move(session).error();
  if (auto r = (*session)->bind(state.network.inputs); !r) return std::move(r).error();
  return session;
}

Result<void> run_times(Session& session, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    if (auto r = session.run(); !r) return r;
  }
  return {};
}

void pause(Duration length) {
  const std::int64_t ns = length.count();
  const timespec span{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &span, nullptr);  // a signal may end it early: no matter
}

class RandomPause {
 public:
  RandomPause(Duration longest, std::uint64_t seed, std::string_view stream)
      : longest_(longest), random_(seed, stream) {}
  void wait() {
    if (longest_ <= Duration(0)) return;
    pause(Duration(static_cast<Duration::rep>(
        random_.below(static_cast<std::uint64_t>(longest_.count()) + 1))));
  }

 private:
  Duration longest_;
  Random random_;
};

Result<Execution> timed_pass(RunState& state, Session& session) {
  Execution pass{.segment = kWholePass,
                 .pass = state.next_pass,
                 .repeat = 0,
                 .block = 0,
                 .start = MonotonicClock::now(),
                 .end = {}};
  state.observer.running(pass.start, kWholePass, 0);
  auto result = session.run();
  pass.end = MonotonicClock::now();
  state.observer.resting(pass.end);
  if (!result) return std::move(result).error();
  return pass;
}

/// Layers of the network by the names that the profiler uses; of equal names (TensorRT's may be),
/// the first for the first.
std::vector<std::optional<std::int32_t>> match_layers(const PreparedNetwork& network,
                                                      const LayerTimes& times) {
  std::unordered_multimap<std::string_view, std::int32_t> index;
  for (std::size_t i = network.layers.size(); i-- > 0;) {
    index.emplace(network.layers[i].name, static_cast<std::int32_t>(i));
  }
  std::vector<std::optional<std::int32_t>> matches;
  for (const ProfiledLayer& layer : times.layers) {
    const auto [begin, end] = index.equal_range(layer.name);
    const auto first = std::min_element(
        begin, end, [](const auto& a, const auto& b) { return a.second < b.second; });
    matches.push_back(first == end ? std::nullopt : std::optional(first->second));
    if (first != end) index.erase(first);
  }
  return matches;
}

/// Collects what profiled sessions say.
class ProfiledPasses {
 public:
  explicit ProfiledPasses(RunState& state)
      : state_(state), run_times_(state.network.layers.size()) {}

  /// `passes`: as measured around each run; `times`: the session's profile, whose first `skip`
  /// passes are warm-up.
  void add(const std::vector<Execution>& passes, const LayerTimes& times, std::size_t skip) {
    const auto matches = match_layers(state_.network, times);
    if (state_.outcome.timeline.stamps == StampSource::kUnknown) {
      state_.outcome.timeline.stamps = times.stamps;
    }
    for (std::size_t i = 0; i < passes.size(); ++i) {
      if (skip + i >= times.passes.size()) {
        ++state_.outcome.lost_passes;
        continue;
      }
      add_pass(passes[i], times.passes[skip + i], matches, times.overlap);
    }
    if (notes_.empty()) notes_ = times.notes;
  }

  void finish() {
    if (pass_times_.empty()) return;
    state_.outcome.profiled_pass_time = run_time_stats(pass_times_).mean;
    for (const auto& durations : run_times_) {
      state_.outcome.in_place.push_back(run_time_stats(durations));
    }
    state_.outcome.in_place_times = std::move(run_times_);
    state_.outcome.notes.insert(state_.outcome.notes.end(), notes_.begin(), notes_.end());
    if (misplaced_ > 0) {
      state_.outcome.notes.push_back(
          fmt::format("In {} of {} profiled passes the profiler's clock was off by more than {} µs "
                      "(the wall clock was set?); the layers of these passes are left out.",
                      misplaced_, misplaced_ + static_cast<std::int64_t>(pass_times_.size()),
                      kClockTolerance.count() / 1000));
    }
  }

  const std::vector<Execution>& executions() const { return executions_; }

 private:
  void add_pass(const Execution& pass, const std::vector<LayerTime>& layers,
                const std::vector<std::optional<std::int32_t>>& matches, bool overlap) {
    if (!layers.empty() && (layers.front().start < pass.start - kClockTolerance ||
                            layers.back().end > pass.end + kClockTolerance)) {
      ++misplaced_;
      ++state_.outcome.lost_passes;
      return;
    }
    pass_times_.push_back(pass.run_time());
    executions_.push_back(pass);
    for (const LayerTime& time : layers) {
      const auto segment = matches[static_cast<std::size_t>(time.layer)];
      if (!segment) continue;
      run_times_[static_cast<std::size_t>(*segment)].push_back(time.end - time.start);
      if (overlap) continue;  // where it stood is not known
      // Whole microseconds and two clocks: a stamp may stand a little outside its pass.
      const Instant start = std::clamp(time.start, executions_.back().start, pass.end);
      executions_.push_back(Execution{.segment = *segment,
                                      .pass = pass.pass,
                                      .repeat = 0,
                                      .block = 0,
                                      .start = start,
                                      .end = std::clamp(time.end, start, pass.end)});
    }
  }

  RunState& state_;
  std::vector<std::vector<Duration>> run_times_;
  std::vector<Duration> pass_times_;
  std::vector<Execution> executions_;
  std::int64_t misplaced_ = 0;
  /// Of the first session: later ones say the same of theirs.
  std::vector<std::string> notes_;
};

}  // namespace

Result<WholeRun> WholeRun::prepare(RunState& state, std::int64_t profiled_passes) {
  WholeRun run;
  auto plain = open_session(state, false);
  if (!plain) return std::move(plain).error();
  run.plain_ = *std::move(plain);
  if (profiled_passes > 0) {
    auto profiled = open_session(state, true);
    if (!profiled) return std::move(profiled).error();
    run.profiled_ = *std::move(profiled);
  }
  if (state.plan.warmup > 0) {
    PhaseProgress progress(state, RunPhase::kWarmingUp, state.plan.warmup, std::nullopt);
    do {
      if (auto r = run.plain_->run(); !r) return std::move(r).error();
    } while (progress.advance(MonotonicClock::now()));
  }
  if (run.profiled_) {
    if (auto r = run_times(*run.profiled_, kProfilerWarmup); !r) return std::move(r).error();
    run.profiled_warmup_ = static_cast<std::size_t>(kProfilerWarmup);
  }
  return run;
}

Result<void> WholeRun::run_plain(RunState& state, bool in_timeline) {
  RandomPause random_pause(state.plan.random_pause, state.plan.seed, "pauses");
  PhaseProgress progress(state, RunPhase::kWhole, state.plan.runs,
                         in_timeline ? state.plan.duration : std::nullopt);
  Instant now;
  do {
    auto pass = timed_pass(state, *plain_);
    if (!pass) return std::move(pass).error();
    now = pass->end;
    state.outcome.latencies.push_back(pass->run_time());
    if (in_timeline) {
      ++state.next_pass;
      state.outcome.timeline.executions.push_back(*pass);
      state.observer.executed(std::span(&*pass, 1));
    }
    random_pause.wait();
  } while (progress.advance(now));
  return {};
}

Result<void> WholeRun::run_profiled(RunState& state, std::int64_t passes, bool in_timeline) {
  const std::int64_t limit = state.engine.profiled_pass_limit(state.network.layers.size());
  RandomPause random_pause(state.plan.random_pause, state.plan.seed, "profiled pauses");
  PhaseProgress progress(state, RunPhase::kProfiled, passes,
                         in_timeline ? state.plan.duration : std::nullopt);
  ProfiledPasses collected(state);
  std::vector<Execution> chunk;
  const auto finish_chunk = [&]() -> Result<void> {
    auto times = profiled_->finish_profile();
    if (!times) return std::move(times).error();
    collected.add(chunk, *times, profiled_warmup_);
    chunk.clear();
    return {};
  };

  for (bool go_on = true; go_on;) {
    if (limit > 0 && static_cast<std::int64_t>(chunk.size() + profiled_warmup_) >= limit) {
      // The profiler would lose the next pass: a new session, with a profile of its own.
      if (auto r = finish_chunk(); !r) return r;
      auto session = open_session(state, true);
      if (!session) return std::move(session).error();
      profiled_ = *std::move(session);
      profiled_warmup_ =
          static_cast<std::size_t>(std::min(kProfilerWarmup, std::max<std::int64_t>(0, limit - 1)));
      if (auto r = run_times(*profiled_, static_cast<std::int64_t>(profiled_warmup_)); !r) return r;
    }
    auto pass = timed_pass(state, *profiled_);
    if (!pass) return std::move(pass).error();
    ++state.next_pass;
    chunk.push_back(*pass);
    random_pause.wait();
    go_on = progress.advance(pass->end);
  }
  if (auto r = finish_chunk(); !r) return r;
  profiled_.reset();
  collected.finish();
  if (in_timeline) {
    auto& executions = state.outcome.timeline.executions;
    executions.insert(executions.end(), collected.executions().begin(),
                      collected.executions().end());
    state.observer.executed(collected.executions());
  }
  return {};
}

}  // namespace layerwatt
