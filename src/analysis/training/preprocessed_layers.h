#pragma once

#include <filesystem>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/layer_table.h"

namespace layerwatt::analysis {

/// The rows of layers.csv of one network's folder of a preprocessed dataset.
Result<std::vector<LayerTableRow>> read_preprocessed_layers(const std::filesystem::path& folder);

/// Board, power mode and clocks, as the run.json in the folder says; `is_virtual` where there is
/// none.
Result<MeasuringConditions> conditions_of(const std::filesystem::path& folder, bool is_virtual);

/// What `solve` says of the layer's power. A negative power above idle is noise around nothing, and
/// left out.
void put_power(const LayerProfileRow& profiled, LayerTableRow& row);

}  // namespace layerwatt::analysis
