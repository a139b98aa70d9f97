#include "running/passes/segment_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "layerwatt/attribution/schedule.h"

namespace layerwatt {
namespace {

/// Runs that are recorded together take so long.
constexpr Duration kOneRecord = std::chrono::milliseconds(1);
constexpr Instant kNoLimit = Instant::max();
/// To learn about how long a segment runs.
constexpr std::size_t kTrialRuns = 5;

/// Runs segments and writes down when.
class SegmentRunner {
 public:
  SegmentRunner(RunState& state, SegmentSessions& segments)
      : state_(state),
        segments_(segments),
        executions_(state.outcome.timeline.executions),
        run_times_(state.network.layers.size()) {}

  Result<void> run(Schedule schedule) {
    switch (schedule) {
      case Schedule::kWhole:
        break;
      case Schedule::kIsolated:
        return run_isolated();
      case Schedule::kWeighing:
        return run_weighing();
    }
    return Error(ErrorCode::kInternal,
                 fmt::format("{} does not run layer by layer", to_string(schedule)));
  }
  void finish() {
    for (const auto& durations : run_times_) {
      state_.outcome.isolated.push_back(run_time_stats(durations));
    }
  }

 private:
  Result<void> run_isolated();
  Result<void> run_weighing();
  Result<void> execute(SegmentSession& segment, std::int32_t repeat, std::int32_t block) {
    return execute_several(segment, repeat, block, 1, kNoLimit);
  }

  /// Up to `most` runs in one record, the last of which begins before `until` and less than
  /// kOneRecord after the first.
  Result<void> execute_several(SegmentSession& segment, std::int32_t repeat, std::int32_t block,
                               std::int64_t most, Instant until) {
    Execution execution{.segment = segment.layer,
                        .pass = state_.next_pass,
                        .repeat = repeat,
                        .block = block,
                        .start = MonotonicClock::now(),
                        .end = {},
                        .runs = 0};
    state_.observer.running(execution.start, segment.layer, repeat);
    until = std::min(until, execution.start + kOneRecord);
    Result<void> result;
    do {
      result = segment.session->run();
      execution.end = MonotonicClock::now();
      ++execution.runs;
    } while (result && execution.runs < most && execution.end < until);
    state_.observer.resting(execution.end);
    executions_.push_back(execution);
    now_ = execution.end;
    return result;
  }

  Result<void> weigh(SegmentSession& segment, std::int32_t repeats, std::int32_t block);
  Result<std::vector<Duration>> try_run_times();
  Result<void> stay(SegmentSession& segment, std::optional<Duration> duration, std::int32_t block);

  void end_pass() { ++state_.next_pass; }
  /// Busy, as this thread is between executions: asleep, the processor would draw less.
  void wait_busily(Duration pause) const {
    const Instant until = now_ + pause;
    while (MonotonicClock::now() < until) {
    }
  }

  /// Hands what was recorded since the last call to the observer, and counts it. A vector that
  /// grows in the middle of a pass would be a gap of its own, so room for as much again is made
  /// here.
  void end_block(bool first_executions_only) {
    const auto fresh = std::span(executions_).subspan(handed_over_);
    for (const Execution& e : fresh) {
      if (first_executions_only && e.repeat > 0) continue;
      run_times_[static_cast<std::size_t>(e.segment)].push_back(e.run_time());
    }
    state_.observer.executed(fresh);
    const std::size_t block = fresh.size();
    handed_over_ = executions_.size();
    if (executions_.capacity() < handed_over_ + 2 * block) {
      executions_.reserve(2 * handed_over_ + 2 * block);
    }
  }

  bool cancelled() const { return state_.cancellation.requested(); }

  RunState& state_;
  SegmentSessions& segments_;
  std::vector<Execution>& executions_;
  std::vector<std::vector<Duration>> run_times_;
  std::size_t handed_over_ = 0;
  Instant now_;
};

/// Runs one segment until it has settled, and then for a time or so many times.
Result<void> SegmentRunner::stay(SegmentSession& segment, std::optional<Duration> duration,
                                 std::int32_t block) {
  const RunPlan& plan = state_.plan;
  // From the first execution's start, as whoever reads the timeline counts.
  Instant settled;
  Instant end;
  std::int32_t repeat = 0;
  std::int64_t singles = 0;
  std::int64_t counted = 0;
  const auto wants_more = [&] {
    return (now_ < settled || (duration ? now_ < end : counted < plan.runs)) &&
           !state_.cancellation.requested();
  };
  bool has_settled = false;
  do {
    if (repeat > 0 && !has_settled && now_ >= settled) {
      has_settled = true;
      singles = 0;
    }
    std::int64_t most = 1;
    if (singles++ >= plan.isolated_single_runs) {
      // The last of a number of runs is recorded alone.
      most = has_settled && !duration ? std::max<std::int64_t>(plan.runs - counted - 1, 1)
                                      : std::numeric_limits<std::int32_t>::max();
    }
    const Instant until = !has_settled ? settled : duration ? end : now_ + kOneRecord;
    if (auto r = execute_several(segment, repeat, block, most, until); !r) return r;
    const Execution& done = executions_.back();
    if (repeat == 0) {
      settled = done.start + plan.isolated_settle;
      end = settled + duration.value_or(Duration(0));
    }
    repeat += done.runs;
    if (done.start >= settled) counted += done.runs;
  } while (wants_more());
  // Whoever reads the timeline counts the runs of a record by the record behind it.
  if (executions_.back().runs > 1) return execute(segment, repeat, block);
  return {};
}

Result<void> SegmentRunner::run_isolated() {
  const std::size_t count = segments_.segments.size();
  std::optional<Duration> duration = state_.plan.isolated_duration;
  if (!duration && state_.plan.duration) {
    duration = *state_.plan.duration / static_cast<Duration::rep>(count);
  }
  PhaseProgress progress(state_, RunPhase::kSegments, static_cast<std::int64_t>(count),
                         std::nullopt);
  executions_.reserve(executions_.size() + 65536);
  std::int32_t block = 0;
  for (const std::int32_t index : isolated_order(count, state_.plan.seed)) {
    SegmentSession& segment = segments_.segments[static_cast<std::size_t>(index)];
    if (auto r = stay(segment, duration, block); !r) return r;
    end_pass();
    end_block(false);
    ++block;
    if (!progress.advance(now_)) break;
    wait_busily(kIsolatedPause);
  }
  return {};
}

/// One run and `repeats` − 1 more of a segment.
Result<void> SegmentRunner::weigh(SegmentSession& segment, std::int32_t repeats,
                                  std::int32_t block) {
  for (std::int32_t r = 0; r < repeats;) {
    // The first is recorded alone, for it may differ, and the last, for whoever reads the timeline
    // counts the runs of a record by the record behind it.
    const std::int64_t most = r == 0 ? 1 : std::max(1, repeats - 1 - r);
    if (auto result = execute_several(segment, r, block, most, kNoLimit); !result) return result;
    r += executions_.back().runs;
  }
  return {};
}

/// The median of a few runs of each segment, which nobody records.
Result<std::vector<Duration>> SegmentRunner::try_run_times() {
  std::vector<Duration> run_times;
  for (SegmentSession& segment : segments_.segments) {
    std::array<Duration, kTrialRuns> times;
    for (Duration& time : times) {
      const Instant begin = MonotonicClock::now();
      if (auto r = segment.session->run(); !r) return std::move(r).error();
      time = MonotonicClock::now() - begin;
    }
    std::ranges::nth_element(times, times.begin() + kTrialRuns / 2);
    run_times.push_back(times[kTrialRuns / 2]);
  }
  return run_times;
}

Result<void> SegmentRunner::run_weighing() {
  const auto run_times = try_run_times();
  if (!run_times) return run_times.error();
  WeighingDesign design(*run_times, state_.plan.high_repeats, state_.plan.seed,
                        state_.plan.weighing_focus);
  const auto& duration = state_.plan.duration;
  const std::int64_t blocks =
      duration ? 1 : static_cast<std::int64_t>(kWeighingSets * design.set_size());
  PhaseProgress progress(state_, RunPhase::kSegments, blocks, duration);
  const Instant end = progress.begin() + duration.value_or(Duration(0));
  executions_.reserve(executions_.size() + 65536);
  for (std::int32_t block = 0;; ++block) {
    design.begin_block();
    const double part = to_seconds(state_.plan.block_length) * design.block_part();
    const Instant block_end = MonotonicClock::now() + from_seconds(part);
    do {
      const auto repeats = design.next_pass();
      for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (auto r = weigh(segments_.segments[i], repeats[i], block); !r) return r;
      }
      end_pass();
      wait_busily(design.pause());
    } while (now_ < block_end && !(duration && now_ >= end) && !cancelled());
    end_block(true);
    if (!progress.advance(now_)) break;
  }
  return {};
}

}  // namespace

Result<void> run_segments(RunState& state, SegmentSessions& segments) {
  SegmentRunner runner(state, segments);
  auto result = runner.run(state.plan.schedule);
  runner.finish();
  return result;
}

}  // namespace layerwatt
