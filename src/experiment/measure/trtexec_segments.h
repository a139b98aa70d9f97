#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/trtexec_program.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_plan.h"
#include "layerwatt/running/segment_files.h"

#include "experiment/measure/trtexec_steps.h"

namespace layerwatt {

/// The layers of a network as engines of their own, which trtexec runs one after the other, each
/// for a while in a process of its own: the schedule `isolated` where TensorRT cannot be called
/// (TensorRT 8.2 of JetPack 4, no module).
class TrtexecSegments {
 public:
  struct Setting {
    const TrtexecProgram& program;
    const TensorRtBuild& build;
    /// Where engines are made that are not kept.
    std::filesystem::path scratch;
    const Cancellation& cancellation;
    MeasureObserver& observer;
  };

  /// Builds an engine for each layer that the cache does not hold, and says first how many and how
  /// long the whole will take. Layers whose engine cannot be built are left out, with the reason.
  static Result<TrtexecSegments> build(const Setting& setting, SegmentFiles files,
                                       const RunPlan& plan);

  /// Runs each for as long as the plan says, in the plan's random order, and adds to `outcome`.
  Result<void> run(const Setting& setting, const RunPlan& plan, RunObserver& observer,
                   RunOutcome& outcome) const;

 private:
  struct Segment {
    SegmentFile file;
    std::filesystem::path engine;
    /// Built in an earlier run, perhaps by another driver.
    bool was_cached = false;
  };

  Result<TrtexecTimed> time(const Setting& setting, const Segment& segment,
                            const TrtexecTiming& timing) const;

  std::vector<Segment> segments_;
  std::vector<std::string> left_out_;
  std::string without_inputs_;
};

/// The records of one layer's stay of `passes` (kWholePass, in order): single ones at its begin,
/// after `settle`, and at its end, others together until they have taken a millisecond, as
/// RunPlan::isolated_single_runs says.
std::vector<Execution> stay_of_passes(std::span<const Execution> passes, std::int32_t layer,
                                      std::int32_t stay, const RunPlan& plan);

}  // namespace layerwatt
