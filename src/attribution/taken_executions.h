#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/execution_source.h"
#include "layerwatt/core/layer_profile.h"

#include "attribution/model/load_pieces.h"
#include "attribution/published/window_means.h"

namespace layerwatt {

/// Executions as they go into the fit and into the profile.
struct TakenExecutions {
  LoadPieces load;
  std::vector<RunTimeStats> run_times;
  std::string profiler_effect;
};

/// Goes through the executions, which `look` is of, once more. `laid`: the load where their stamps
/// are not those of layers; else it is made from `origin` on. `window` takes its part on the way.
Result<TakenExecutions> take_executions(const Timeline& timeline, const ExecutionSource& executions,
                                        const TimelineLook& look, Instant origin,
                                        std::optional<Duration> idle_gap,
                                        std::optional<LoadPieces> laid, WindowMeans& window);

}  // namespace layerwatt
