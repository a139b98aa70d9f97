#include "experiment/isolate/isolate_stats.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/recording/tegrastats_lines.h"
#include "layerwatt/sensors/tegrastats_sensor.h"

namespace layerwatt {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error no_such_name(const std::string& name, const std::vector<std::string>& rails,
                   const std::vector<std::string>& fields) {
  std::string message =
      fmt::format("there is no rail '{}'; there are {}", name, fmt::join(rails, ", "));
  if (!fields.empty()) {
    message += fmt::format("; and of tegrastats {}", fmt::join(fields, ", "));
  } else if (has(published_rails(), name)) {
    message +=
        fmt::format(". '{}' may be a field of tegrastats: those need --sensor tegrastats", name);
  }
  return Error(ErrorCode::kInvalidArgument, std::move(message));
}

/// Run times of a layer's executions within its window, `count` at most.
std::vector<Duration> run_times_of(const Timeline& timeline, const IsolatedLayer& layer,
                                   std::int64_t count) {
  std::vector<Duration> times;
  for (const Execution& e : timeline.executions) {
    if (e.segment != layer.layer || e.start < layer.begin || e.end > layer.end) continue;
    times.push_back(e.run_time());
    if (static_cast<std::int64_t>(times.size()) == count) break;
  }
  return times;
}

Result<std::vector<LayerStatsColumn>> columns_of(const StatsNames& names,
                                                 const Isolation& isolation,
                                                 std::map<std::string, std::string>& units) {
  std::vector<LayerStatsColumn> columns;
  if (names.fields.empty()) return columns;
  const auto lines = recorder_lines_path(isolation.measurement.folder / "power.npy");
  auto traces = read_field_traces(lines, names.fields);
  if (!traces) return std::move(traces).error();
  for (FieldTrace& trace : *traces) {
    units[trace.name] = trace.unit;
    columns.push_back({trace.name, std::move(trace.when), std::move(trace.values)});
  }
  return columns;
}

}  // namespace

std::vector<std::string> published_rails() {
  return {"RAM",  "SWAP",        "CPU",         "EMC_FREQ",    "MCPU",       "GPU",
          "BCPU", "VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_SYS_CPU", "VDD_SYS_DDR"};
}

Result<std::vector<std::string>> fields_there(const RecorderOptions& recorder) {
  if (recorder.sensor != "tegrastats") return std::vector<std::string>{};
  const auto running = TegrastatsSensor::start(tegrastats_options(recorder.root));
  if (!running) return running.error();
  return (*running)->field_names();
}

Result<StatsNames> choose_stats_names(const IsolateOptions& options,
                                      const std::vector<std::string>& rails,
                                      const std::vector<std::string>& fields) {
  StatsNames chosen;
  const bool by_name = !options.rails.empty();
  std::vector<std::string> missing;
  for (const std::string& name : by_name ? options.rails : published_rails()) {
    if (has(rails, name)) {
      chosen.rails.push_back(name);
    } else if (has(fields, name)) {
      chosen.fields.push_back(name);
    } else if (by_name) {
      return no_such_name(name, rails, fields);
    } else {
      missing.push_back(name);
    }
  }
  if (by_name) return chosen;
  const bool has_published_rail = !chosen.rails.empty();
  if (!has_published_rail) chosen.rails = rails;
  if (missing.empty()) return chosen;
  chosen.note = fmt::format("Of the names in the published statistics there is no {}{}. ",
                            fmt::join(missing, ", "),
                            fields.empty() ? " (those that are no power need --sensor tegrastats)"
                                           : " in what this board's tegrastats prints");
  std::vector<std::string> all = chosen.fields;
  all.insert(all.end(), chosen.rails.begin(), chosen.rails.end());
  chosen.note += fmt::format("The statistics hold {}{}; --rails chooses.", fmt::join(all, ", "),
                             has_published_rail ? "" : ", all rails that there are");
  return chosen;
}

Result<void> write_isolated_stats(
    const IsolateOptions& options, const StatsNames& names, const Isolation& isolation,
    const std::function<std::optional<Duration>(const Rail&)>& filter) {
  const Recording& recording = isolation.measurement.recording;
  const LayerStatsPlace place{options.stats_dir, options.mode, options.device,
                              isolation.measurement.model};
  std::vector<PowerTrace> rails;
  LayerStatsRails about;
  about.is_virtual = recording.run && recording.run->is_virtual;
  for (const PowerTrace& trace : recording.rails) {
    if (!has(names.rails, trace.rail.name)) continue;
    rails.push_back(trace);
    about.time_constants[trace.rail.name] = filter(trace.rail);
  }
  auto columns = columns_of(names, isolation, about.units);
  if (!columns) return std::move(columns).error();
  for (const IsolatedLayer& layer : isolation.layers) {
    if (options.eval_power) {
      const auto written =
          write_layer_power(place, layer.layer, rails, *columns, layer.begin, layer.end);
      if (!written) return written;
    }
    if (options.eval_latency) {
      const auto times = run_times_of(recording.timeline, layer, options.sample_count);
      if (auto ok = write_layer_run_times(place, layer.layer, times); !ok) return ok;
    }
  }
  return options.eval_power ? write_layer_stats_rails(place, about) : Result<void>();
}

}  // namespace layerwatt
