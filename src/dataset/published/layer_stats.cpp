#include "layerwatt/dataset/layer_stats.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"

#include "core/json.h"
#include "core/json_writer.h"
#include "dataset/text/csv.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// Of one network on one device in one mode.
struct NetworkStats {
  std::map<std::int64_t, std::map<std::string, double>> milliwatts;
  std::map<std::int64_t, double> latency_seconds;
  bool is_virtual = false;
};

/// network → device.
using ModeStats = std::map<std::string, std::map<std::string, NetworkStats>>;

std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// The files "<layer index>.csv" of a folder.
std::map<std::int64_t, fs::path> layers_in(const fs::path& folder) {
  std::map<std::int64_t, fs::path> layers;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".csv") continue;
    if (const auto index = parse_int64(entry.path().stem().string())) {
      layers.emplace(*index, entry.path());
    }
  }
  return layers;
}

/// The columns of a CSV of numbers, by name.
struct NumberTable {
  std::vector<std::string> names;
  std::vector<std::vector<double>> columns;
};

Result<NumberTable> read_numbers(const fs::path& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  const auto table = CsvTable::parse(*text);
  if (!table) return Error(table.error()).at(path);
  NumberTable numbers;
  numbers.names = table->header();
  numbers.columns.resize(numbers.names.size());
  for (std::size_t r = 0; r < table->rows().size(); ++r) {
    const auto& row = table->rows()[r];
    for (std::size_t c = 0; c < numbers.columns.size(); ++c) {
      const auto number = c < row.size() ? parse_double(row[c]) : std::nullopt;
      if (!number) {
        return Error(ErrorCode::kParse, fmt::format("'{}' is no number in the column {}",
                                                    c < row.size() ? row[c] : "", numbers.names[c]))
            .at(path, table->line(r));
      }
      numbers.columns[c].push_back(*number);
    }
  }
  return numbers;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// The mean over time, less what the filter still showed at the beginning and had not yet shown at
/// the end.
double mean_over_time(const std::vector<double>& seconds, const std::vector<double>& values,
                      double time_constant) {
  const double length = seconds.back() - seconds.front();
  if (length <= 0.0) return mean_of(values);
  double area = time_constant * (values.back() - values.front());
  for (std::size_t i = 1; i < values.size(); ++i) {
    area += 0.5 * (values[i] + values[i - 1]) * (seconds[i] - seconds[i - 1]);
  }
  return area / length;
}

Result<LayerStatsRails> read_rails(const fs::path& folder) {
  LayerStatsRails rails;
  std::error_code error;
  if (!fs::exists(folder / "rails.json", error)) return rails;
  const auto json = read_json(folder / "rails.json");
  if (!json) return json.error();
  const auto wrong = [&] {
    return Error(ErrorCode::kParse, "it does not hold what layerwatt writes into it")
        .at(folder / "rails.json");
  };
  if (!json->IsObject()) return wrong();
  const auto is_virtual = json->FindMember("virtual");
  rails.is_virtual = is_virtual != json->MemberEnd() && is_virtual->value.IsTrue();
  const auto constants = json->FindMember("time_constant_second");
  if (constants == json->MemberEnd() || !constants->value.IsObject()) return wrong();
  for (const auto& member : constants->value.GetObject()) {
    if (!member.value.IsNumber()) continue;
    rails.time_constants[member.name.GetString()] = from_seconds(member.value.GetDouble());
  }
  return rails;
}

Result<void> add_power(const fs::path& folder, bool as_published, NetworkStats& stats) {
  const auto rails = read_rails(folder);
  if (!rails) return rails.error();
  stats.is_virtual = rails->is_virtual;
  for (const auto& [layer, path] : layers_in(folder)) {
    const auto table = read_numbers(path);
    if (!table) return table.error();
    if (table->names.empty() || table->names.front() != "time_s") {
      return Error(ErrorCode::kParse, "its first column is not time_s").at(path, 1);
    }
    for (std::size_t c = 1; c < table->names.size(); ++c) {
      const auto& values = table->columns[c];
      if (values.empty()) continue;
      const auto constant = rails->time_constants.find(table->names[c]);
      const double seconds = constant == rails->time_constants.end() || !constant->second
                                 ? 0.0
                                 : to_seconds(*constant->second);
      stats.milliwatts[layer][table->names[c]] =
          as_published ? mean_of(values) : mean_over_time(table->columns[0], values, seconds);
    }
  }
  return {};
}

Result<void> add_latency(const fs::path& folder, NetworkStats& stats) {
  for (const auto& [layer, path] : layers_in(folder)) {
    const auto table = read_numbers(path);
    if (!table) return table.error();
    if (table->names.size() != 1 || table->names.front() != "latency_s") {
      return Error(ErrorCode::kParse, "its one column is not latency_s").at(path, 1);
    }
    if (!table->columns[0].empty()) stats.latency_seconds[layer] = mean_of(table->columns[0]);
  }
  return {};
}

Result<ModeStats> read_mode(const fs::path& folder, bool as_published) {
  ModeStats mode;
  for (const fs::path& device : folders_in(folder)) {
    for (const fs::path& network : folders_in(device / "power")) {
      NetworkStats& stats = mode[network.filename().string()][device.filename().string()];
      if (auto added = add_power(network, as_published, stats); !added) return added.error();
    }
    for (const fs::path& network : folders_in(device / "latency")) {
      NetworkStats& stats = mode[network.filename().string()][device.filename().string()];
      if (auto added = add_latency(network, stats); !added) return added.error();
    }
  }
  return mode;
}

void write_network(JsonWriter& json, const NetworkStats& stats) {
  json.begin_object();
  if (!stats.milliwatts.empty()) {
    json.key("power").begin_object();
    for (const auto& [layer, rails] : stats.milliwatts) {
      json.key(fmt::format("{}", layer)).begin_object();
      for (const auto& [rail, milliwatts] : rails) json.member(rail, milliwatts);
      json.end_object();
    }
    json.end_object();
  }
  if (!stats.latency_seconds.empty()) {
    json.key("latency").begin_object();
    for (const auto& [layer, seconds] : stats.latency_seconds) {
      json.member(fmt::format("{}", layer), seconds);
    }
    json.end_object();
  }
  if (stats.is_virtual) json.member("virtual", true);
  json.end_object();
}

Result<void> write_mode(const fs::path& path, const ModeStats& mode) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  {
    JsonWriter json(file->stream());
    json.begin_object();
    for (const auto& [network, devices] : mode) {
      json.key(network).begin_object();
      for (const auto& [device, stats] : devices) {
        json.key(device);
        write_network(json, stats);
      }
      json.end_object();
    }
    json.end_object();
  }
  file->write("\n");
  return file->commit();
}

}  // namespace

Result<LayerStatsSummary> process_layer_stats(const fs::path& root,
                                              const std::optional<std::string>& mode,
                                              bool as_published) {
  LayerStatsSummary summary;
  for (const fs::path& folder : folders_in(root)) {
    if (mode && folder.filename() != *mode) continue;
    const auto stats = read_mode(folder, as_published);
    if (!stats) return stats.error();
    if (stats->empty()) continue;
    const fs::path path = root / (folder.filename().string() + ".json");
    if (auto written = write_mode(path, *stats); !written) return written.error();
    summary.files.push_back(path);
    for (const auto& [network, devices] : *stats) {
      ++summary.networks;
      for (const auto& [device, values] : devices) {
        summary.layers += static_cast<std::int64_t>(
            std::max(values.milliwatts.size(), values.latency_seconds.size()));
      }
    }
  }
  if (summary.files.empty()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("there are no raw files{} below {}: 'layerwatt isolate MODEL --mode "
                             "MODE' writes them",
                             mode ? fmt::format(" of the mode '{}'", *mode) : "", root.string()));
  }
  return summary;
}

}  // namespace layerwatt
