#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/layer_stats.h"

#include "core/json_writer.h"
#include "dataset/text/csv.h"

namespace layerwatt {
namespace {

Result<AtomicFile> create_in(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "make the folder").at(folder);
  return AtomicFile::create(folder / name, AtomicFile::Durability::kWhenConvenient);
}

/// The last value that was known at an instant, the first one before that.
double value_at(const LayerStatsColumn& column, Instant t) {
  // Arrivals that were written as decimal seconds come back a nanosecond off.
  constexpr Duration kRounding = std::chrono::microseconds(1);
  const auto later = std::upper_bound(column.when.begin(), column.when.end(), t + kRounding);
  const auto index = later == column.when.begin() ? 0 : later - column.when.begin() - 1;
  return column.values[static_cast<std::size_t>(index)];
}

}  // namespace

Result<void> write_layer_power(const LayerStatsPlace& place, std::int32_t layer,
                               const std::vector<PowerTrace>& rails,
                               const std::vector<LayerStatsColumn>& columns, Instant from,
                               Instant to) {
  for (const PowerTrace& rail : rails) {
    if (rail.rail.kind != RailKind::kEnergyCounter) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the rail {} counts energy: it has no samples of power to write",
                             rail.rail.name));
  }
  auto file = create_in(place.folder("power"), fmt::format("{}.csv", layer));
  if (!file) return std::move(file).error();
  std::string line = "time_s";
  std::size_t count = rails.empty() ? 0 : rails.front().size();
  if (rails.empty() && !columns.empty()) count = columns.front().when.size();
  for (const PowerTrace& rail : rails) {
    line += ',' + csv_field(rail.rail.name);
    count = std::min(count, rail.size());
  }
  for (const LayerStatsColumn& column : columns) line += ',' + csv_field(column.name);
  file->write(line + '\n');
  for (std::size_t i = 0; i < count; ++i) {
    const Instant when = rails.empty() ? columns.front().when[i] : rails.front().when(i);
    if (when < from || when > to) continue;
    line.clear();
    append_shortest(line, to_seconds(when - from));
    for (const PowerTrace& rail : rails) {
      line += ',';
      append_shortest(line, in_milliwatts(rail.power[i]));
    }
    const Instant known = rails.empty() ? when : rails.front().after[i];
    for (const LayerStatsColumn& column : columns) {
      line += ',';
      append_shortest(line, value_at(column, known));
    }
    file->write(line + '\n');
  }
  return file->commit();
}

Result<void> write_layer_stats_rails(const LayerStatsPlace& place, const LayerStatsRails& rails) {
  auto file = create_in(place.folder("power"), "rails.json");
  if (!file) return std::move(file).error();
  {
    JsonWriter json(file->stream());
    json.begin_object();
    json.member("virtual", rails.is_virtual);
    json.key("time_constant_second").begin_object();
    for (const auto& [name, time_constant] : rails.time_constants) {
      json.member(name, time_constant ? std::optional(to_seconds(*time_constant)) : std::nullopt);
    }
    json.end_object();
    if (!rails.units.empty()) {
      json.key("unit").begin_object();
      for (const auto& [name, unit] : rails.units) json.member(name, unit);
      json.end_object();
    }
    json.end_object();
  }
  file->write("\n");
  return file->commit();
}

Result<void> write_layer_run_times(const LayerStatsPlace& place, std::int32_t layer,
                                   std::span<const Duration> run_times) {
  auto file = create_in(place.folder("latency"), fmt::format("{}.csv", layer));
  if (!file) return std::move(file).error();
  std::string text = "latency_s\n";
  for (const Duration time : run_times) {
    append_shortest(text, to_seconds(time));
    text += '\n';
  }
  file->write(text);
  return file->commit();
}

}  // namespace layerwatt
