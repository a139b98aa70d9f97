#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

enum class MapMethod { kNearest, kWindow };

std::string_view to_string(MapMethod method);

/// The idle power that goes with a model of a dataset, in microwatts: `idling_power.json`.
/// kNotFound, with advice, where it is missing; kUnknowable where one of it and the model's power
/// is virtual and the other was measured.
Result<double> idle_microwatts_of(const RawDataset& dataset, const RawModel& model);

/// Maps the power of one model to its layers by a published method. Writes
/// `power_runtime_mapping_layerwise.csv`, and a copy of `trt_engine_info.json`, into
/// `result_dir/<model>`, and returns what the layers come to.
///
/// Layers stand in the order of `trt_layer_latency.json`. kNotFound for missing files, kParse for
/// files that contradict one another (a layer that the engine information does not have).
Result<LayerProfile> map_model(const RawModel& model, MapMethod method, double idle_microwatts,
                               const std::filesystem::path& result_dir);

}  // namespace layerwatt
