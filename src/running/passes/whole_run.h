#pragma once

#include <memory>

#include "layerwatt/core/result.h"

#include "running/passes/run_state.h"

namespace layerwatt {

/// Whole passes: those without a profiler, which give latency and energy, and those with, which
/// give the split by layer. Both sessions are loaded and warm before the first pass that counts.
class WholeRun {
 public:
  /// `profiled_passes`: 0 for none.
  static Result<WholeRun> prepare(RunState& state, std::int64_t profiled_passes);

  /// The phase kWhole. Appends latencies; with `in_timeline` executions too.
  Result<void> run_plain(RunState& state, bool in_timeline);
  /// The phase kProfiled. Fills in_place, profiled_pass_time and lost_passes; with `in_timeline`
  /// appends executions.
  Result<void> run_profiled(RunState& state, std::int64_t passes, bool in_timeline);
  /// Outputs of the last pass of the session without profiler.
  Result<std::vector<Tensor>> outputs() { return plain_->read_outputs(); }

 private:
  WholeRun() = default;

  std::unique_ptr<Session> plain_;
  std::unique_ptr<Session> profiled_;
  /// Passes that warmed `profiled_` up and stand first in its profile.
  std::size_t profiled_warmup_ = 0;
};

}  // namespace layerwatt
