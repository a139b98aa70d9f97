#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/dataset/trtexec.h"

namespace layerwatt {

/// The layers of an engine as trtexec timed them, in the order in which they run.
struct TrtexecLayers {
  std::vector<Layer> layers;
  std::vector<Duration> averages;
  /// What trt_engine_info.json is to hold: the inspector's text, its layers in this order; empty
  /// where there was none.
  std::string engine_info;
  /// Passes under the profiler.
  std::int64_t inferences = 0;
  /// Sum of the averages.
  Duration sum{0};
  /// Layers run on several streams at once: there is no place for each in a pass.
  bool overlap = false;
  /// What a reader must know, each a sentence.
  std::vector<std::string> notes;
};

/// Joins the two exports by name; of equal names, the first for the first. Without the inspector's
/// text, layers have a name alone. kParse: a layer that was timed and that the inspector does not
/// know.
Result<TrtexecLayers> join_trtexec_layers(const TrtexecProfile& profile,
                                          const std::optional<std::string>& engine_info);

/// Where trtexec's first event on the GPU lies on our clock.
struct TrtexecAnchor {
  Instant gpu_start;
  /// It may lie so much earlier or later.
  Duration uncertainty{0};
};

/// Between what trtexec printed before its first pass (`ready`, from which it holds still for
/// `hold`) and after its last (`ended`).
TrtexecAnchor anchor_trtexec(Instant ready, Duration hold, std::span<const TrtexecPass> passes,
                             Instant ended);

/// Passes on our clock, with their layers in the shares of the averages, back to back; without
/// layers where they overlap. trtexec's stamps have six digits: passes that follow one another
/// closer than that resolves are laid end to end, by their exact durations; passes of several
/// streams overlap and stay where they were. In order of their begin.
std::vector<Execution> place_trtexec_passes(std::span<const TrtexecPass> passes,
                                            const TrtexecLayers& layers, Instant gpu_start);

/// How the timeline came about, in sentences. `passes`: of the run that is placed.
std::vector<std::string> describe_trtexec_timeline(std::span<const TrtexecPass> passes,
                                                   const TrtexecLayers& layers);

}  // namespace layerwatt
