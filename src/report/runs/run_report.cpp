#include "layerwatt/report/run_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <system_error>

#include "layerwatt/analysis/kept_profile.h"
#include "layerwatt/analysis/solve_recording.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/profile_file.h"

#include "report/tables/predicted.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void add_state(Pairs& pairs, std::string_view when, const std::optional<MachineState>& state) {
  if (!state) return;
  for (const auto& [zone, celsius] : state->temperatures_celsius) {
    pairs.emplace_back(fmt::format("{} {}", zone, when), format_fixed(celsius, 1) + " °C");
  }
  for (const auto& [clock, hertz] : state->clocks_hertz) {
    pairs.emplace_back(fmt::format("{} {}", clock, when), format_si(hertz, "Hz"));
  }
}

Pairs environment_of(const RunFile& run) {
  Pairs pairs;
  pairs.emplace_back("recorded", format_iso8601(run.begin.local, run.begin.utc_offset));
  pairs.emplace_back("written by", run.written_by);
  pairs.emplace_back("engine", fmt::format("{} {}", run.engine, run.engine_version));
  pairs.emplace_back("total", run.total_reason.empty()
                                  ? fmt::format("{}", fmt::join(run.total_rails, " + "))
                                  : run.total_reason);
  pairs.emplace_back("ticks of the recorder",
                     fmt::format("{}, {} late, {} lost", format_grouped(run.ticks),
                                 format_grouped(run.late_ticks), format_grouped(run.lost_ticks)));
  if (run.recorder_cpu_share) {
    pairs.emplace_back("the recorder's share of a core",
                       format_fixed(*run.recorder_cpu_share * 100.0, 2) + " %");
  }
  for (const auto& [name, value] : run.environment) pairs.emplace_back(name, value);
  add_state(pairs, "before", run.state_before);
  add_state(pairs, "after", run.state_after);
  return pairs;
}

void add_counters(std::vector<TraceCounter>& counters, const RunFile& run) {
  const auto add = [&](const std::optional<MachineState>& state, Instant when) {
    if (!state) return;
    const auto at = [&](const std::string& name, std::string_view unit, double value) {
      for (TraceCounter& counter : counters) {
        if (counter.name != name) continue;
        counter.values.emplace_back(when, value);
        return;
      }
      counters.push_back({name, std::string(unit), {{when, value}}});
    };
    for (const auto& [zone, celsius] : state->temperatures_celsius) {
      at(zone + " temperature", "°C", celsius);
    }
    for (const auto& [clock, hertz] : state->clocks_hertz) at(clock + " clock", "Hz", hertz);
  };
  add(run.state_before, run.begin.monotonic);
  add(run.state_after, run.end.monotonic);
}

/// Run times and layers of a model folder without a power log. Stamps, where there are none, are
/// made by laying the layers end to end: only the run times mean anything.
Result<Timeline> timing_only(const RawModel& model) {
  auto latencies = read_layer_latencies(model.layer_latency);
  if (!latencies) return std::move(latencies).error();
  Timeline timeline;
  timeline.stamps = StampSource::kPlacedByDuration;
  if (model.engine_info.empty()) {
    for (const LayerLatency& latency : latencies->layers) {
      timeline.layers.emplace_back().name = latency.name;
    }
  } else {
    auto info = read_engine_info(model.engine_info);
    if (!info) return std::move(info).error();
    auto layers = take_layers(*latencies, *std::move(info));
    if (!layers) return std::move(layers).error().at(model.layer_latency);
    timeline.layers = *std::move(layers);
  }
  Instant now{};
  for (std::int64_t pass = 0; pass < latencies->passes; ++pass) {
    for (std::size_t i = 0; i < latencies->layers.size(); ++i) {
      const double ms = latencies->layers[i].milliseconds[static_cast<std::size_t>(pass)];
      const Instant end = now + from_seconds(ms * 1e-3);
      timeline.executions.push_back(
          {static_cast<std::int32_t>(i), static_cast<std::int32_t>(pass), 0, 0, now, end});
      now = end;
    }
  }
  return timeline;
}

std::string title_of(const LayerProfile& profile, const std::optional<RunFile>& run) {
  if (!run) return profile.model;
  const auto board = run->environment.find("board");
  return board == run->environment.end() ? profile.model
                                         : fmt::format("{} on {}", profile.model, board->second);
}

std::string subtitle_of(const LayerProfile& profile, const std::optional<RunFile>& run) {
  if (is_predicted(profile)) return "predicted by a model, not measured";
  std::string text = run ? fmt::format("{} {}, ", run->engine, run->engine_version) : "";
  text += fmt::format("schedule {}, method {}", to_string(profile.schedule), profile.method);
  if (!profile.rail.empty()) text += fmt::format(", rail {}", profile.rail);
  return text;
}

Result<RawModel> only_model(const RawDataset& dataset) {
  if (dataset.models.size() == 1) return dataset.models.front();
  std::vector<std::string> names;
  for (const RawModel& model : dataset.models) names.push_back(model.name);
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("this dataset has {} models; give the folder of one of them: {}",
                           names.size(), fmt::join(names, ", ")))
      .at(dataset.folder);
}

Result<LayerProfile> profile_of(const RawDataset& dataset, const RawModel& model,
                                Recording& recording, const std::optional<fs::path>& file) {
  if (file) return read_profile_json(*file);
  auto idle = idle_power_for(dataset, recording, recording.notes);
  if (!idle) return std::move(idle).error();
  SolveOptions options;
  options.idle_power = *idle;
  return solve_kept(model, recording, options);
}

/// The profile alone: no power over time, no timeline.
Result<RunReport> report_of_profile(const fs::path& file) {
  auto profile = read_profile_json(file);
  if (!profile) return std::move(profile).error();
  RunReport loaded;
  loaded.report.profile = *std::move(profile);
  loaded.report.title = title_of(loaded.report.profile, std::nullopt);
  loaded.report.subtitle = subtitle_of(loaded.report.profile, std::nullopt);
  return loaded;
}

}  // namespace

Result<RunReport> load_run_report(const fs::path& run,
                                  const std::optional<fs::path>& profile_file) {
  RunReport loaded;
  std::error_code ignored;
  std::optional<fs::path> profile = profile_file;
  if (!profile && fs::is_regular_file(run, ignored)) profile = run;
  if (!profile && fs::exists(run / "layer_profile.json", ignored))
    profile = run / "layer_profile.json";

  auto dataset = fs::is_directory(run, ignored)
                     ? find_raw_dataset(run)
                     : Result<RawDataset>(Error(ErrorCode::kNotFound, "no such folder").at(run));
  if (!dataset) {
    if (!profile) return std::move(dataset).error();
    return report_of_profile(*profile);
  }
  auto model = only_model(*dataset);
  if (!model) return std::move(model).error();
  const bool has_run_times = !model->layer_latency.empty() || !model->timeline_npy.empty();
  if (!has_run_times) {
    // A preprocessed folder, which has the engine's information alone.
    if (profile) return report_of_profile(*profile);
    return Error(ErrorCode::kNotFound,
                 "no run times in this folder: neither timeline.npy nor "
                 "trt_profiling/trt_layer_latency.json; give a model's folder of a raw dataset, or "
                 "one that 'layerwatt map --method solve' has written")
        .at(run);
  }
  if (model->power_log.empty() && model->power_npy.empty()) {
    auto timeline = timing_only(*model);
    if (!timeline) return std::move(timeline).error();
    loaded.report.profile = timing_profile(model->name, *timeline, "no power was recorded");
    std::optional<RunFile> told;
    if (!model->run_file.empty()) {
      // Imported: how its run times came about.
      auto file = read_run_file(model->run_file);
      if (!file) return std::move(file).error();
      loaded.report.profile.notes = file->notes;
      told = *std::move(file);
    }
    loaded.report.title = model->name;
    loaded.report.subtitle = subtitle_of(loaded.report.profile, told);
    loaded.report.timeline = *std::move(timeline);
    return loaded;
  }
  auto recording = load_recording(*model);
  if (!recording) return std::move(recording).error();
  auto made = profile_of(*dataset, *model, *recording, profile);
  if (!made) return std::move(made).error();
  loaded.report.profile = *std::move(made);
  loaded.report.title = title_of(loaded.report.profile, recording->run);
  loaded.report.subtitle = subtitle_of(loaded.report.profile, recording->run);
  if (recording->run) {
    loaded.report.environment = environment_of(*recording->run);
    add_counters(loaded.counters, *recording->run);
  }
  loaded.report.trace = std::move(recording->total);
  loaded.report.timeline = std::move(recording->timeline);
  loaded.rails = std::move(recording->rails);
  return loaded;
}

}  // namespace layerwatt
