#pragma once

#include <optional>
#include <string>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

/// The idle power that goes with a model's recording: that of its own run.json, else of the
/// dataset's idling_power.json, else none (the solver then takes the recording's own idle
/// stretches). Virtual idle power does not go with measured power, nor the other way round: it is
/// left out then, and `notes` says so.
Result<std::optional<Watts>> idle_power_for(const RawDataset& dataset, const Recording& recording,
                                            std::vector<std::string>& notes);

/// Solves for the power of each layer of a recording, with what it declares of its sensor, and puts
/// beside it what `window` would have said. Where nothing can be known of any layer, or no rail or
/// sum of rails stands for the board, the rows hold run times and the reason; executions that were
/// left in their file are held for that. Errors: those of solve(), and of reading that file.
Result<LayerProfile> solve_recording(const std::string& model, const Recording& recording,
                                     const SolveOptions& options);

/// A profile of run times alone; `reason` says of each layer why its power is not known.
LayerProfile timing_profile(const std::string& model, const Timeline& timeline,
                            const std::string& reason);

}  // namespace layerwatt
