#pragma once

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/simulation/simulated_recording.h"

namespace layerwatt::accuracy {

/// Writes the published files of a recording to a folder of their own, as `simulate
/// --published-only` does, reads them back and solves, as `map` does.
Result<LayerProfile> solve_published(const Simulation& simulation);

}  // namespace layerwatt::accuracy
