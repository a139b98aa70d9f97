#include <fmt/format.h>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/csv.h"
#include "layerwatt/dataset/layer_stats.h"

#include "core/json_writer.h"

namespace layerwatt {
namespace {

Result<AtomicFile> create_in(const std::filesystem::path& folder, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "make the folder").at(folder);
  return AtomicFile::create(folder / name, AtomicFile::Durability::kWhenConvenient);
}

}  // namespace

Result<void> write_layer_power(const LayerStatsPlace& place, std::int32_t layer,
                               const std::vector<PowerTrace>& rails, Instant from, Instant to) {
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
  for (const PowerTrace& rail : rails) {
    line += ',' + csv_field(rail.rail.name);
    count = std::min(count, rail.size());
  }
  file->write(line + '\n');
  for (std::size_t i = 0; i < count; ++i) {
    const Instant when = rails.front().when(i);
    if (when < from || when > to) continue;
    line.clear();
    append_shortest(line, to_seconds(when - from));
    for (const PowerTrace& rail : rails) {
      line += ',';
      append_shortest(line, in_milliwatts(rail.power[i]));
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
