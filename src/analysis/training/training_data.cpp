#include "layerwatt/analysis/training_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "layerwatt/core/layer_work.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/layer_statistics.h"
#include "layerwatt/dataset/layer_table.h"
#include "layerwatt/dataset/power_runtime_csv.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/dataset/training_table.h"
#include "layerwatt/dataset/virtual_mark.h"

#include "analysis/training/measured_layers.h"
#include "analysis/training/preprocessed_layers.h"
#include "analysis/training/published_features.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using analysis::MeasuredLayers;

/// What a network's folder holds, read.
struct NetworkFolder {
  std::string name;
  EngineInfo info;
  MeasuredLayers measured;
  /// Of the measured names, those that the published tables take.
  MeasuredLayers published;
  std::optional<LayerProfile> profile;
  MeasuringConditions conditions;
};

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::string text_at(const std::map<std::string, std::string>& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string() : found->second;
}

std::optional<double> clock_at(const RunFile& run, const char* key) {
  if (!run.state_before) return std::nullopt;
  const auto found = run.state_before->clocks_hertz.find(key);
  if (found == run.state_before->clocks_hertz.end()) return std::nullopt;
  return found->second;
}

Result<void> read_own_files(const fs::path& folder, NetworkFolder& network) {
  if (const fs::path path = folder / "layer_profile.json"; is_there(path)) {
    auto profile = read_profile_json(path);
    if (!profile) return std::move(profile).error();
    network.profile = *std::move(profile);
  }
  auto conditions = analysis::conditions_of(
      folder, network.profile ? network.profile->is_virtual : holds_virtual_power(folder));
  if (!conditions) return std::move(conditions).error();
  network.conditions = *std::move(conditions);
  return {};
}

Result<NetworkFolder> read_folder(const fs::path& folder) {
  NetworkFolder network;
  network.name = folder.filename().string();
  auto measured = analysis::read_measurements(folder / kPowerRuntimeFileName);
  if (!measured) return std::move(measured).error();
  const fs::path info_path = folder / "trt_engine_info.json";
  auto info = read_engine_info(info_path);
  if (!info) return std::move(info).error();
  if (!info->layers.empty() &&
      info->without_details == static_cast<std::int64_t>(info->layers.size())) {
    return Error(ErrorCode::kUnsupported,
                 "the layers are names without details: build the engine with detailed layer "
                 "information (trtexec --profilingVerbosity=detailed) and measure again")
        .at(info_path);
  }
  network.info = *std::move(info);
  network.measured = *std::move(measured);
  for (const auto& [name, layer] : network.measured) {
    if (analysis::published_table_of(layer.type)) network.published.emplace(name, layer);
  }
  if (auto done = read_own_files(folder, network); !done) return std::move(done).error();
  return network;
}

/// The layer that has too few measurements, in words; empty where all have enough.
std::string too_few(const MeasuredLayers& layers, std::int64_t minimum) {
  for (const auto& [name, layer] : layers) {
    const auto powers = static_cast<std::int64_t>(layer.powers.size());
    const auto times = static_cast<std::int64_t>(layer.run_times.size());
    if (powers >= minimum && times >= minimum) continue;
    return fmt::format(
        "layer '{}' has {} powers and {} run times, and {} of each are asked for "
        "(--per-layer-measurements)",
        name, powers, times, minimum);
  }
  return {};
}

/// The last layer of each name, as published.
std::map<std::string_view, const Layer*> layers_by_name(const EngineInfo& info) {
  std::map<std::string_view, const Layer*> layers;
  for (const Layer& layer : info.layers) layers[layer.name] = &layer;
  return layers;
}

std::vector<TrainingTable> published_tables(const NetworkFolder& network,
                                            std::vector<std::string>& notes) {
  std::vector<TrainingTable> tables;
  for (const TrainingTableKind kind : kTrainingTableKinds) tables.push_back({kind, {}});
  const auto layers = layers_by_name(network.info);
  for (const auto& [name, measured] : network.published) {
    const auto found = layers.find(name);
    if (found == layers.end()) {
      notes.push_back(
          fmt::format("Layer '{}' was measured but is not in trt_engine_info.json; "
                      "left out.",
                      name));
      continue;
    }
    // The engine's own word decides, as published, not that of the measurement.
    const auto kind = analysis::published_table_of(found->second->type);
    if (!kind) {
      notes.push_back(
          fmt::format("Layer '{}' is '{}' in trt_engine_info.json; left out of the "
                      "published tables.",
                      name, found->second->type));
      continue;
    }
    auto features = analysis::published_features(*found->second, *kind);
    if (!features) {
      notes.push_back("Left out of the published tables, whose code would end here: " +
                      features.error().message() + ".");
      continue;
    }
    TrainingRow row;
    row.layer_name = name;
    row.features = *std::move(features);
    if (!measured.powers.empty()) {
      row.power_microwatts = compensated_mean(measured.powers);
    }
    row.run_time_milliseconds = compensated_mean(measured.run_times);
    tables[static_cast<std::size_t>(*kind)].rows.push_back(std::move(row));
  }
  return tables;
}

/// A negative mean above idle is noise around nothing, and no power to learn from.
void leave_out_negative_power(LayerTableRow& row) {
  if (!row.power_microwatts || *row.power_microwatts >= 0.0) return;
  row.power_microwatts.reset();
  row.power_status = LayerStatus::kUnresolved;
}

/// Every measured layer, in the order of the engine; of equal names the first alone, whose
/// measurements are pooled.
std::vector<LayerTableRow> own_table(const NetworkFolder& network,
                                     std::vector<std::string>& notes) {
  std::map<std::string_view, const LayerProfileRow*> profiled;
  if (network.profile && network.profile->method == "solve") {
    for (const LayerProfileRow& row : network.profile->rows) profiled[row.layer.name] = &row;
  }
  std::vector<LayerTableRow> rows;
  std::map<std::string_view, bool> seen;
  for (const Layer& layer : network.info.layers) {
    const auto measured = network.measured.find(layer.name);
    if (measured == network.measured.end() || seen[layer.name]) continue;
    seen[layer.name] = true;
    auto work = layer_work(layer);
    if (!work) {
      notes.push_back("Left out of layers.csv: " + work.error().message() + ".");
      continue;
    }
    LayerTableRow row;
    row.layer_name = layer.name;
    row.layer_type = layer.type;
    row.work = *std::move(work);
    row.conditions = network.conditions;
    row.run_times = static_cast<std::int64_t>(measured->second.run_times.size());
    row.run_time_milliseconds = compensated_mean(measured->second.run_times);
    if (!measured->second.powers.empty()) {
      row.power_microwatts = compensated_mean(measured->second.powers);
    }
    if (const auto found = profiled.find(layer.name); found != profiled.end()) {
      analysis::put_power(*found->second, row);
    }
    leave_out_negative_power(row);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  return {};
}

Result<void> write_tables(const NetworkFolder& network, const fs::path& folder,
                          NetworkTrainingData& result) {
  if (auto done = make_folder(folder); !done) return done;
  std::size_t* const counts[] = {&result.convolutional, &result.pooling, &result.dense};
  for (const TrainingTable& table : published_tables(network, result.notes)) {
    *counts[static_cast<std::size_t>(table.kind)] = table.rows.size();
    const fs::path path = folder / (std::string(to_string(table.kind)) + ".csv");
    if (table.rows.empty()) continue;
    if (auto done = write_training_table(path, table); !done) return done;
  }
  // The published tables have no column for it.
  if (auto done = mark_virtual(folder, network.conditions.is_virtual); !done) return done;
  const std::vector<LayerTableRow> rows = own_table(network, result.notes);
  result.layers = rows.size();
  if (rows.empty()) return {};
  return write_layer_table(folder / kLayerTableFileName, rows);
}

Result<void> write_all(const NetworkFolder& network, const fs::path& input,
                       const TrainingDataOptions& options, NetworkTrainingData& result) {
  const auto statistics = [&](const char* what, auto values) {
    std::vector<LayerValues> layers;
    for (const auto& [name, layer] : network.published) layers.push_back({name, layer.*values});
    return write_layer_statistics(
        input / fmt::format("{}_average_{}_stats.csv", network.name, what), layers);
  };
  if (auto done = statistics("power", &analysis::LayerMeasurements::powers); !done) return done;
  if (auto done = statistics("run_time", &analysis::LayerMeasurements::run_times); !done) {
    return done;
  }
  result.left_out = too_few(network.published, options.per_layer_measurements);
  if (!result.left_out.empty()) return {};
  return write_tables(network, options.result_dir / network.name, result);
}

}  // namespace

namespace analysis {

Result<MeasuringConditions> conditions_of(const fs::path& folder, bool is_virtual) {
  MeasuringConditions conditions;
  conditions.is_virtual = is_virtual;
  const fs::path path = folder / "run.json";
  if (!is_there(path)) return conditions;
  auto run = read_run_file(path);
  if (!run) return std::move(run).error();
  return MeasuringConditions{text_at(run->environment, "board"),
                             text_at(run->environment, "power_mode"), clock_at(*run, "gpu"),
                             clock_at(*run, "emc"), run->is_virtual};
}

void put_power(const LayerProfileRow& profiled, LayerTableRow& row) {
  row.power_status = profiled.status;
  row.power_group = profiled.group;
  row.power_microwatts.reset();
  if (!profiled.power) return;
  row.power_microwatts = in_microwatts(profiled.power->value);
  if (profiled.power->low) row.power_low_microwatts = in_microwatts(*profiled.power->low);
  if (profiled.power->high) row.power_high_microwatts = in_microwatts(*profiled.power->high);
  leave_out_negative_power(row);
}

Result<std::vector<LayerTableRow>> read_preprocessed_layers(const fs::path& folder) {
  auto network = read_folder(folder);
  if (!network) return std::move(network).error();
  std::vector<std::string> notes;
  return own_table(*network, notes);
}

}  // namespace analysis

NetworkTrainingData make_network_training_data(const fs::path& folder,
                                               const TrainingDataOptions& options) {
  NetworkTrainingData result;
  result.network = folder.filename().string();
  auto network = read_folder(folder);
  Result<void> done = network ? write_all(*network, folder, options, result)
                              : Result<void>(std::move(network).error());
  if (!done) {
    result.failed = true;
    result.left_out = done.error().to_string();
  }
  return result;
}

Result<std::vector<fs::path>> find_preprocessed_networks(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) found.push_back(entry.path());
  }
  if (error) return error_from_errno(error.value(), "read the preprocessed dataset").at(folder);
  if (found.empty()) {
    return Error(ErrorCode::kNotFound, "no network is in this folder: each is a folder with " +
                                           std::string(kPowerRuntimeFileName) +
                                           ", as 'layerwatt map' writes it")
        .at(folder);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace layerwatt
