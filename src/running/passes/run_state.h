#pragma once

#include <string_view>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/engines/engine.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_observer.h"
#include "layerwatt/running/run_outcome.h"
#include "layerwatt/running/run_plan.h"

namespace layerwatt {

/// What the phases of one run share.
struct RunState {
  Engine& engine;
  const PreparedNetwork& network;
  const RunPlan& plan;
  const Cancellation& cancellation;
  RunObserver& observer;
  RunOutcome& outcome;
  std::int32_t next_pass = 0;

  /// A session of a graph that is run as it is, with the network's threads.
  Result<std::unique_ptr<Session>> load(std::span<const std::byte> graph, std::string_view label,
                                        bool profile_layers) {
    SessionOptions options;
    options.threads = network.threads;
    options.spinning = network.spinning;
    options.rewriting = GraphRewriting::kNone;
    options.profile_layers = profile_layers;
    return engine.load(graph, label, options);
  }
};

/// Tells how far a phase is, in passes or, where it lasts for a time, in milliseconds.
class PhaseProgress {
 public:
  PhaseProgress(RunState& state, RunPhase phase, std::int64_t passes,
                std::optional<Duration> duration)
      : state_(state), passes_(passes), duration_(duration) {
    const std::int64_t total = duration_ ? milliseconds(*duration_) : passes_;
    state_.observer.phase_began(phase, {total, duration_.has_value()});
    // After the observer, who may have waited.
    begin_ = MonotonicClock::now();
  }

  /// After one pass that ended at `now`; true if another is to follow.
  bool advance(Instant now) {
    ++done_;
    state_.observer.advanced(duration_ ? milliseconds(now - begin_) : done_);
    if (state_.cancellation.requested() || state_.observer.enough()) return false;
    return done_ < passes_ || (duration_ && now < begin_ + *duration_);
  }

  Instant begin() const { return begin_; }

 private:
  static std::int64_t milliseconds(Duration d) { return d.count() / 1'000'000; }

  RunState& state_;
  std::int64_t passes_;
  std::optional<Duration> duration_;
  Instant begin_;
  std::int64_t done_ = 0;
};

}  // namespace layerwatt
