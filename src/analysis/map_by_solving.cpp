#include "layerwatt/analysis/map_by_solving.h"

#include <limits>
#include <span>
#include <system_error>
#include <vector>

#include "layerwatt/analysis/kept_profile.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/power_runtime_csv.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/dataset/virtual_mark.h"

#include "analysis/notes_of_run.h"

namespace layerwatt {
namespace {

Result<void> write_results(const RawModel& model, const Recording& recording,
                           const LayerProfile& profile, const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  if (auto written = write_profile_files(folder, profile); !written) return written;
  std::vector<PowerRuntimeWriter::LayerLabel> labels;
  for (const LayerProfileRow& row : profile.rows)
    labels.push_back({row.layer.name, row.layer.type});
  auto csv = PowerRuntimeWriter::create(folder / kPowerRuntimeFileName, labels);
  if (!csv) return std::move(csv).error();
  const double idle = profile.idle_power ? in_microwatts(profile.idle_power->value) : 0.0;
  // Passes whose layers were recorded, from 1: passes without a profiler stand in no table.
  std::int64_t cycle = 0;
  std::int32_t pass = -1;
  ExecutionCheck check(profile.rows.size(), std::numeric_limits<std::int32_t>::max());
  auto visited = visit_executions(recording, [&](std::span<const Execution> some) -> Result<void> {
    for (const Execution& e : some) {
      if (auto ok = check.add(e); !ok) return ok;
      if (e.segment == kWholePass) continue;
      if (e.pass != pass) {
        pass = e.pass;
        ++cycle;
      }
      const auto layer = static_cast<std::size_t>(e.segment);
      std::optional<double> excluding;
      std::optional<double> including;
      if (const auto& power = profile.rows[layer].power) {
        excluding = in_microwatts(power->value);
        if (profile.idle_power) including = *excluding + idle;
      }
      csv->add(cycle, layer, including, excluding, to_milliseconds(e.run_time()));
    }
    return {};
  });
  if (!visited) return visited;
  if (auto written = csv->commit(); !written) return written;
  if (auto marked = mark_virtual(folder, profile.is_virtual); !marked) return marked;
  auto info = read_file(model.engine_info);
  if (!info) return std::move(info).error();
  if (auto kept = write_file_atomically(folder / "trt_engine_info.json", *info); !kept) return kept;
  if (model.run_file.empty()) return {};
  // Board, power mode and clocks, which training tables tell apart.
  auto run = read_file(model.run_file);
  if (!run) return std::move(run).error();
  return write_file_atomically(folder / "run.json", *run);
}

Result<LayerProfile> solve_loaded(const RawDataset& dataset, const RawModel& model,
                                  Recording& recording, SolveOptions options) {
  // The total alone is solved, and rails of half an hour take hundreds of megabytes.
  recording.rails = {};
  if (!options.idle_power) {
    auto idle = idle_power_for(dataset, recording, recording.notes);
    if (!idle) return std::move(idle).error();
    options.idle_power = *idle;
  }
  auto profile = solve_kept(model, recording, options);
  if (!profile) return std::move(profile).error().at(model.folder);
  if (recording.run) add_notes_of_run(recording.run->notes, profile->notes);
  return profile;
}

}  // namespace

Result<LayerProfile> map_model_by_solving(const RawDataset& dataset, const RawModel& model,
                                          const SolveOptions& options,
                                          const std::filesystem::path& result_dir) {
  auto recording = load_recording(model, Executions::kInFile);
  if (!recording) return std::move(recording).error();
  auto profile = solve_loaded(dataset, model, *recording, options);
  if (!profile) return std::move(profile).error();
  if (auto written = write_results(model, *recording, *profile, result_dir / model.name);
      !written) {
    return std::move(written).error();
  }
  return profile;
}

Result<LayerProfile> solve_model(const RawDataset& dataset, const RawModel& model,
                                 const SolveOptions& options) {
  auto recording = load_recording(model, Executions::kInFile);
  if (!recording) return std::move(recording).error();
  return solve_loaded(dataset, model, *recording, options);
}

}  // namespace layerwatt
