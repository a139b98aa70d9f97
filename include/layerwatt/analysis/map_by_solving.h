#pragma once

#include <filesystem>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

/// `map --method solve` for one model: solves, or takes what was
/// solved before (solve_kept()), and writes `power_runtime_mapping_layerwise.csv`
/// (the solved power of each execution), `layer_profile.json`, `layer_profile.csv` and a copy of
/// `trt_engine_info.json` into `result_dir/<model>`.
Result<LayerProfile> map_model_by_solving(const RawDataset& dataset, const RawModel& model,
                                          const SolveOptions& options,
                                          const std::filesystem::path& result_dir);

/// The same profile, and nothing written but what solve_kept() keeps.
Result<LayerProfile> solve_model(const RawDataset& dataset, const RawModel& model,
                                 const SolveOptions& options);

}  // namespace layerwatt
