#include "layerwatt/dataset/raw_dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "layerwatt/dataset/virtual_mark.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdleFile = "idling_power.json";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// The first of the paths that is a file, or an empty one.
fs::path first_file(std::initializer_list<fs::path> paths) {
  for (const fs::path& path : paths) {
    if (is_file(path)) return path;
  }
  return {};
}

/// The only file in `folder` with these beginning and end, or an empty path.
fs::path only_file(const fs::path& folder, std::string_view begin, std::string_view end) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool fits = name.size() >= begin.size() + end.size() &&
                      name.compare(0, begin.size(), begin) == 0 &&
                      name.compare(name.size() - end.size(), end.size(), end) == 0;
    if (fits && is_file(entry.path())) found.push_back(entry.path());
  }
  return found.size() == 1 ? found.front() : fs::path();
}

/// Of the files in `folder` whose names hold `part` and end with ".log", the last by name, which
/// their time stamps ("20241014-113246") sort; an empty path where there is none.
fs::path newest_log(const fs::path& folder, std::string_view part) {
  fs::path newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    const std::string name = path.filename().string();
    const std::size_t at = name.find(part);
    if (at == std::string::npos || path.extension() != ".log" || !is_file(path)) continue;
    const std::string stamp = name.substr(at);
    const std::string last = newest.filename().string();
    if (newest.empty() || stamp > last.substr(last.find(part))) newest = path;
  }
  return newest;
}

/// What an earlier published version calls the readings of a run, and of idle time:
/// "30000_cycles_power_log_20241014-113246.log", "120_seconds_idling_power_log_….log".
constexpr std::string_view kCyclesLog = "_cycles_power_log_";
constexpr std::string_view kIdleLog = "idling_power_log_";

/// The idle power that stands in `folder`, in one of its published forms.
fs::path find_idle(const fs::path& folder) {
  fs::path file = first_file({folder / kIdleFile});
  return file.empty() ? newest_log(folder, kIdleLog) : file;
}

RawModel look_at(const fs::path& folder) {
  RawModel model;
  model.folder = folder;
  model.name = folder.filename().string();
  const fs::path profiling = folder / "trt_profiling";
  model.power_log = first_file({folder / (model.name + "_power_log.log")});
  if (model.power_log.empty()) model.power_log = only_file(folder, "", "_power_log.log");
  if (model.power_log.empty()) model.power_log = newest_log(folder, kCyclesLog);
  model.layer_latency =
      first_file({profiling / "trt_layer_latency.json", folder / "trt_layer_latency.json"});
  if (model.layer_latency.empty()) {
    model.layer_latency = only_file(folder, "", "_trt_layer_latency.json");
  }
  // The published project's older form for PyTorch.
  if (model.layer_latency.empty()) {
    model.layer_latency = only_file(folder, "", "_layerwise_latency.json");
  }
  model.engine_info =
      first_file({profiling / "trt_engine_info.json", folder / "trt_engine_info.json"});
  if (model.engine_info.empty()) {
    model.engine_info = only_file(folder, "", "_trt_engine_info.json");
  }
  if (model.engine_info.empty()) model.engine_info = first_file({folder / "model_summary.json"});
  model.summary = first_file({folder / (model.name + "_tensorrt.json")});
  if (model.summary.empty()) model.summary = only_file(folder, model.name + "_", ".json");
  model.run_file = first_file({folder / "run.json"});
  model.power_npy = first_file({folder / "power.npy"});
  model.timeline_npy = first_file({folder / "timeline.npy"});
  return model;
}

/// As measuring names the folders of recordings that did not reach their end.
bool is_cut_short(std::string_view name) {
  return name.ends_with(".recording") || name.ends_with(".partial") ||
         name.ends_with(".replaced") || name.find(".interrupted-") != std::string_view::npos;
}

bool is_model(const RawModel& model) {
  return !model.power_log.empty() || !model.layer_latency.empty() || !model.engine_info.empty() ||
         !model.run_file.empty() || !model.power_npy.empty();
}

}  // namespace

Result<void> RawModel::require_mappable() const {
  std::vector<std::string> missing;
  if (power_log.empty()) missing.push_back(name + "_power_log.log");
  if (layer_latency.empty()) missing.emplace_back("trt_profiling/trt_layer_latency.json");
  if (engine_info.empty()) missing.emplace_back("trt_profiling/trt_engine_info.json");
  if (missing.empty()) return {};
  return Error(ErrorCode::kNotFound,
               fmt::format("missing: {}; record the model again with 'layerwatt measure {}'",
                           fmt::join(missing, ", "), name))
      .at(folder);
}

bool RawModel::is_virtual() const {
  return has_virtual_log ? *has_virtual_log : holds_virtual_power(folder);
}

Result<RawDataset> find_raw_dataset(const fs::path& given) {
  std::error_code error;
  const fs::path folder = fs::weakly_canonical(given, error);
  if (!fs::is_directory(folder, error)) {
    return Error(ErrorCode::kNotFound,
                 "no such folder; give the raw dataset, or the folder of one of its models")
        .at(given);
  }
  RawDataset dataset;
  dataset.folder = folder;
  dataset.idle_power = find_idle(folder);
  if (RawModel own = look_at(folder); is_model(own)) {
    if (dataset.idle_power.empty()) dataset.idle_power = find_idle(folder.parent_path());
    dataset.models.push_back(std::move(own));
    return dataset;
  }
  fs::directory_iterator entries(folder, error);
  if (error) return error_from_errno(error.value(), "list the folder").at(given);
  for (const auto& entry : entries) {
    const bool hidden = entry.path().filename().string().front() == '.';
    if (hidden || !entry.is_directory(error)) continue;
    RawModel model = look_at(entry.path());
    if (!is_model(model)) continue;
    if (is_cut_short(model.name)) {
      dataset.cut_short.push_back(model.name);
    } else {
      dataset.models.push_back(std::move(model));
    }
  }
  std::sort(dataset.cut_short.begin(), dataset.cut_short.end());
  if (dataset.models.empty() && !dataset.cut_short.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("only recordings that were cut short are here; give the folder of one "
                             "to use it: {}",
                             fmt::join(dataset.cut_short, ", ")))
        .at(given);
  }
  if (dataset.models.empty()) {
    return Error(ErrorCode::kNotFound,
                 "no model in this folder: a raw dataset has a folder for each model with "
                 "<model>_power_log.log and trt_profiling/ in it")
        .at(given);
  }
  std::sort(dataset.models.begin(), dataset.models.end(),
            [](const RawModel& a, const RawModel& b) { return a.name < b.name; });
  return dataset;
}

}  // namespace layerwatt
