#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/attribution/engine_blocks.h"
#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/engines/trtexec_program.h"
#include "layerwatt/experiment/measurement.h"
#include "layerwatt/running/prepared_network.h"
#include "layerwatt/running/run_plan.h"
#include "layerwatt/running/segment_files.h"
#include "layerwatt/running/trtexec_timeline.h"

#include "experiment/measure/trtexec_steps.h"

namespace layerwatt {

/// The layers of a network as engines of their own, which trtexec runs one after the other, each
/// for a while in a process of its own: the schedules `isolated` and `weighing` where TensorRT
/// cannot be called (TensorRT 8.2 of JetPack 4, no module).
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

  /// Blocks of `weighing` (engine_blocks.h).
  struct Blocks {
    EngineBlocks lengths;
    /// The engine of the whole network, and how long each of its layers takes.
    std::filesystem::path network;
    const TrtexecLayers* layers = nullptr;
    /// As TrtexecTiming has it.
    bool spinning = false;
  };

  /// Builds an engine for each file that the cache does not hold, and says first how many and how
  /// long the whole will take. Files whose engine cannot be built are left out, with the reason.
  /// `lengths`: of the blocks of `weighing`.
  static Result<TrtexecSegments> build(const Setting& setting, SegmentFiles files,
                                       const RunPlan& plan,
                                       const std::optional<EngineBlocks>& lengths);

  /// `isolated`: runs each layer for as long as the plan says, in the plan's random order, and adds
  /// to `outcome`.
  Result<void> run(const Setting& setting, const RunPlan& plan, RunObserver& observer,
                   RunOutcome& outcome) const;
  /// `weighing`: sets of blocks of one engine each, and adds to `outcome`.
  Result<void> weigh(const Setting& setting, const RunPlan& plan, const Blocks& blocks,
                     RunObserver& observer, RunOutcome& outcome) const;

 private:
  struct Segment {
    SegmentFile file;
    std::filesystem::path engine;
    /// Built in an earlier run, perhaps by another driver.
    bool was_cached = false;
  };

  /// In a process of its own; builds an engine of the cache that cannot be used anew.
  Result<TrtexecTimed> time(const Setting& setting, const Segment& segment,
                            const TrtexecTiming& timing) const;
  void add_notes(std::size_t random_inputs, std::size_t ran, std::string_view what,
                 RunOutcome& outcome) const;

  /// Those of single layers first.
  std::vector<Segment> segments_;
  std::vector<SegmentFile::Input> network_inputs_;
  std::vector<std::string> left_out_;
  std::string without_inputs_;
};

/// The records of one layer's stay of `passes` (kWholePass, in order): single ones at its begin,
/// after `settle`, and at its end, others together until they have taken a millisecond, as
/// RunPlan::isolated_single_runs says.
std::vector<Execution> stay_of_passes(std::span<const Execution> passes, std::int32_t layer,
                                      std::int32_t stay, const RunPlan& plan);

/// What trtexec is told of a file's inputs; empty where it shall make random values.
std::string trtexec_inputs(const SegmentFile& file);

/// How often the blocks of that many engines are run, as `plan` asks.
std::int32_t engine_block_sets(const RunPlan& plan, const EngineBlocks& lengths,
                               std::size_t engines);

/// Of an empty timeline the begin; else from its last interlude's or execution's end on.
void add_interlude(Instant end, Instant begin_of_run, Timeline& timeline);

}  // namespace layerwatt
