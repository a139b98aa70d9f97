#include "analysis/prediction/calibration_rows.h"

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/power_runtime_csv.h"
#include "layerwatt/dataset/profile_file.h"

#include "analysis/training/preprocessed_layers.h"

namespace layerwatt::analysis {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Where the engine's layers of a measured run are described; empty where nowhere.
fs::path engine_info_of(const fs::path& folder) {
  for (const fs::path& path :
       {folder / "trt_profiling" / "trt_engine_info.json", folder / "trt_engine_info.json"}) {
    if (is_there(path)) return path;
  }
  return {};
}

Result<std::vector<LayerTableRow>> rows_of_run(const fs::path& folder) {
  auto profile = read_profile_json(folder / "layer_profile.json");
  if (!profile) return std::move(profile).error();
  if (profile->method == "predicted") {
    return Error(ErrorCode::kInvalidArgument,
                 "a prediction, and no measurement: a model is moved by what was measured")
        .at(folder);
  }
  auto info = read_engine_info(engine_info_of(folder));
  if (!info) return std::move(info).error();
  std::map<std::string_view, const Layer*> layers;
  for (const Layer& layer : info->layers) layers.emplace(layer.name, &layer);
  auto conditions = conditions_of(folder, profile->is_virtual);
  if (!conditions) return std::move(conditions).error();
  std::vector<LayerTableRow> rows;
  for (const LayerProfileRow& profiled : profile->rows) {
    const auto found = layers.find(profiled.layer.name);
    if (found == layers.end()) continue;
    auto work = layer_work(*found->second);
    if (!work) continue;
    LayerTableRow row;
    row.layer_name = profiled.layer.name;
    row.layer_type = found->second->type;
    row.work = *std::move(work);
    row.conditions = *conditions;
    const RunTimeStats& times = profiled.run_time.count > 0 || !profiled.isolated_run_time
                                    ? profiled.run_time
                                    : *profiled.isolated_run_time;
    row.run_times = times.count;
    row.run_time_milliseconds = 1e3 * to_seconds(times.mean);
    put_power(profiled, row);
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Absent where the folder is none of these.
std::optional<Result<std::vector<LayerTableRow>>> read_one(const fs::path& folder) {
  if (is_there(folder / kLayerTableFileName)) return read_layer_table(folder / kLayerTableFileName);
  if (is_there(folder / kPowerRuntimeFileName)) return read_preprocessed_layers(folder);
  if (is_there(folder / "layer_profile.json") && !engine_info_of(folder).empty()) {
    return rows_of_run(folder);
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<RunRows>> read_run_rows(const fs::path& folder) {
  std::vector<RunRows> runs;
  const auto add = [&](const fs::path& path) -> Result<void> {
    auto rows = read_one(path);
    if (!rows) return {};
    if (!*rows) return std::move(*rows).error();
    runs.push_back({path.filename().string(), **std::move(rows)});
    return {};
  };
  if (auto done = add(folder); !done) return std::move(done).error();
  if (!runs.empty()) return runs;
  std::error_code error;
  std::vector<fs::path> inner;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) inner.push_back(entry.path());
  }
  if (error) return error_from_errno(error.value(), "read the run").at(folder);
  std::sort(inner.begin(), inner.end());
  for (const fs::path& path : inner) {
    if (auto done = add(path); !done) return std::move(done).error();
  }
  if (runs.empty()) {
    return Error(ErrorCode::kNotFound,
                 "no measured layers: a run of 'layerwatt measure' or 'isolate', a network of "
                 "'layerwatt map' or 'training-data', or a folder of them")
        .at(folder);
  }
  return runs;
}

}  // namespace layerwatt::analysis
