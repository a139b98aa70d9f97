#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "layerwatt/analysis/trained_model.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// Moves a trained model to the board and power mode of the runs: folders of measured runs with a
/// layer_profile.json, of preprocessed datasets, or of training tables, or folders of such. What
/// was known of whole networks' errors stays, with a note that it is of the other board.
///
/// kNotFound: no measured layers in a folder; kInvalidArgument: runs of different boards or power
/// modes, or a prediction instead of a run; kUnknowable: no layer that the model knows;
/// kUnsupported: a published model.
Result<TrainedModel> calibrate_model(const TrainedModel& model,
                                     const std::vector<std::filesystem::path>& runs);

/// What a folder's model was before it was moved, to which later calibrations go back.
inline constexpr std::string_view kBaseModelFileName = "base_model.json";

/// Moves the model of the folder `from` and writes it to `to`. In one and the same folder the model
/// as trained stays beside it as base_model.json.
Result<TrainedModel> calibrate_model_folder(const std::filesystem::path& from,
                                            const std::filesystem::path& to,
                                            const std::vector<std::filesystem::path>& runs);

}  // namespace layerwatt
