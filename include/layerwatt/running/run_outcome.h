#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What came of a run. A timeline that is partial holds whole passes alone.
struct RunOutcome {
  /// `whole`: passes with a kWholePass record alone (no profiler), then, numbered on, passes with
  /// kWholePass and their layers (profiled). `isolated` and `weighing`: segments, measured around
  /// each run.
  Timeline timeline;
  /// Run times of whole passes without a profiler.
  std::vector<Duration> latencies;
  /// Per layer: run times in place, from profiled passes; empty without them.
  std::vector<RunTimeStats> in_place;
  /// The run times that these are of.
  std::vector<std::vector<Duration>> in_place_times;
  /// Per layer: run times alone, of first executions under `weighing`; empty for `whole`.
  std::vector<RunTimeStats> isolated;
  /// Mean whole pass under the profiler; absent without profiled passes. Against the mean of
  /// `latencies` it tells what the profiler costs: energies are of means, and a few slow passes
  /// that no median sees cost energy too.
  std::optional<Duration> profiled_pass_time;
  /// Passes that the profiler lost a part of, and so are left out of the timeline.
  std::int64_t lost_passes = 0;
  /// Passes that the split by layer comes from, where they are in no timeline (a run of their own);
  /// absent: those of the timeline that are in no `latencies`.
  std::optional<std::int64_t> profiled_apart;
  /// Largest difference between the network's outputs by segments and by a whole run, relative to
  /// the largest output; 0 means equal bit for bit. Absent for `whole`.
  std::optional<double> segment_difference;
  /// Stopped by a person before its end; what was recorded is kept.
  bool partial = false;
  /// What a reader must know (source of the split, outputs of segments compared, the sum of
  /// isolated run times beside the whole run's), each a sentence.
  std::vector<std::string> notes;
};

}  // namespace layerwatt
