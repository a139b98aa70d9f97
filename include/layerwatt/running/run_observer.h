#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// What a run does, one after the other.
enum class RunPhase {
  kPreparing,  ///< loading; for segments: cutting, capturing inputs, checking outputs
  kWarmingUp,  ///< passes that are neither timed nor recorded
  kWhole,      ///< whole passes without a profiler: latency and energy
  kProfiled,   ///< whole passes under the engine's profiler: the split by layer
  kSegments,   ///< segments under the `isolated` or `weighing` schedule
};

std::string_view to_string(RunPhase phase);

/// How long a phase is.
struct PhaseLength {
  /// Passes or segments; milliseconds where `is_time`.
  std::int64_t total = 0;
  bool is_time = false;
};

/// Follows a run. Called from the running thread, the first four between passes, never inside one,
/// so that what they do takes time from gaps alone; they should be quick, phase_began() excepted.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  /// So many passes, segments or milliseconds are to come. What runs before kWhole under `whole`,
  /// or before kSegments under other schedules, is in no timeline: begin to record power here, and
  /// wait here for the board to calm down.
  virtual void phase_began(RunPhase /*phase*/, PhaseLength /*length*/) {}
  /// So many of them are done.
  virtual void advanced(std::int64_t /*done*/) {}
  /// Executions that are final, in the order of the timeline. Profiled passes come together at the
  /// end of their phase, others at the end of each pass or block.
  virtual void executed(std::span<const Execution> /*executions*/) {}
  /// True ends the current phase as if it were done: the caller's precision is reached.
  virtual bool enough() { return false; }

  /// From `at` on a segment runs (kWholePass: a whole pass). Called inside the pass and inside the
  /// time that is measured: some nanoseconds, no system call.
  virtual void running(Instant /*at*/, std::int32_t /*segment*/, std::int32_t /*repeat*/) noexcept {
  }
  /// From `at` on nothing of the network runs, until the next running(). At the end of each record
  /// of a segment and of each whole pass.
  virtual void resting(Instant /*at*/) noexcept {}
};

}  // namespace layerwatt
