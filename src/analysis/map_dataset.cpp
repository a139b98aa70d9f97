#include "layerwatt/analysis/map_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <system_error>

#include "layerwatt/attribution/window.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/power_runtime_csv.h"
#include "layerwatt/dataset/virtual_mark.h"

#include "analysis/notes_of_run.h"

namespace layerwatt {
namespace {

/// Columns as the mappings take them; local time stands for monotonic time.
struct Columns {
  std::vector<Instant> when;
  std::vector<double> microwatts;
  std::vector<std::vector<Instant>> ends;
  std::vector<ExecutionColumns> layers;
};

Columns make_columns(const PowerLog& log, const LayerLatencies& latencies) {
  const ClockMap clock = ClockMap::identity();
  Columns columns;
  columns.when.reserve(log.size());
  columns.microwatts.reserve(log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    columns.when.push_back(clock.to_monotonic(log.time[i]));
    columns.microwatts.push_back(log.microwatts(i));
  }
  columns.ends.reserve(latencies.layers.size());
  for (const LayerLatency& layer : latencies.layers) {
    std::vector<Instant> ends;
    ends.reserve(layer.end.size());
    for (const LocalTime t : layer.end) ends.push_back(clock.to_monotonic(t));
    columns.ends.push_back(std::move(ends));
    columns.layers.push_back({layer.milliseconds, columns.ends.back()});
  }
  return columns;
}

/// Part of the passes' time in which an earlier one still ran. Passes that a callback stamped
/// follow each other, whatever the callbacks are late; layers that ran one by one, each for long,
/// make no passes at all.
double overlap_of_passes(const Columns& columns) {
  std::size_t passes = columns.ends.empty() ? 0 : columns.ends.front().size();
  for (const auto& ends : columns.ends) passes = std::min(passes, ends.size());
  double shared = 0.0;
  double all = 0.0;
  Instant until = Instant::min();
  for (std::size_t pass = 0; pass < passes; ++pass) {
    Instant begin = Instant::max();
    Instant end = Instant::min();
    double busy = 0.0;
    for (std::size_t layer = 0; layer < columns.ends.size(); ++layer) {
      const Instant layer_end = columns.ends[layer][pass];
      const double seconds = 1e-3 * columns.layers[layer].milliseconds[pass];
      begin = std::min(begin, layer_end - from_seconds(seconds));
      end = std::max(end, layer_end);
      busy += seconds;
    }
    if (to_seconds(end - begin) > 2.0 * busy) continue;
    all += to_seconds(end - begin);
    if (begin < until) shared += to_seconds(std::min(until, end) - begin);
    until = std::max(until, end);
  }
  return all > 0.0 ? shared / all : 0.0;
}

Result<void> make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return error_from_errno(error.value(), "create the folder").at(folder);
  return {};
}

Result<void> copy_whole(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto bytes = read_file(from);
  if (!bytes) return std::move(bytes).error();
  return write_file_atomically(to, *bytes);
}

/// Two streams overlap by half.
constexpr double kMostOverlap = 0.3;

/// Writes the rows and adds them up.
Result<LayerProfile> map_and_write(const Columns& columns, std::vector<Layer> layers,
                                   MapMethod method, double idle_microwatts,
                                   const std::filesystem::path& csv) {
  std::vector<PowerRuntimeWriter::LayerLabel> labels;
  for (const Layer& layer : layers) labels.push_back({layer.name, layer.type});
  auto writer = PowerRuntimeWriter::create(csv, labels);
  if (!writer) return std::move(writer).error();
  MappedProfile profile(std::string(to_string(method)), std::move(layers), idle_microwatts);
  const auto sink = [&](const MappedExecution& execution) {
    std::optional<double> excluding;
    if (execution.microwatts) excluding = *execution.microwatts - idle_microwatts;
    writer->add(execution.pass + 1, execution.layer, execution.microwatts, excluding,
                execution.milliseconds);
    profile.add(execution);
  };
  const auto map = method == MapMethod::kWindow ? map_window : map_nearest;
  if (auto done = map({columns.when, columns.microwatts}, columns.layers, sink); !done) {
    return std::move(done).error();
  }
  if (auto done = writer->commit(); !done) return std::move(done).error();
  return std::move(profile).finish();
}

Result<void> add_facts_of_run(const RawModel& model, LayerProfile& profile) {
  // Simulated datasets of published files alone have no run.json, but their truth beside them.
  profile.is_virtual = model.is_virtual();
  if (model.run_file.empty()) return {};
  auto run = read_run_file(model.run_file);
  if (!run) return std::move(run).error();
  profile.is_partial = run->is_partial || !run->is_finished;
  profile.schedule = run->schedule;
  profile.stamps = run->stamps;
  if (!run->total_name.empty()) profile.rail = run->total_name;
  add_notes_of_run(run->notes, profile.notes);
  return {};
}

}  // namespace

std::string_view to_string(MapMethod method) {
  switch (method) {
    case MapMethod::kNearest:
      return "nearest";
    case MapMethod::kWindow:
      return "window";
  }
  std::abort();
}

Result<double> idle_microwatts_of(const RawDataset& dataset, const RawModel& model) {
  if (dataset.idle_power.empty()) {
    return Error(ErrorCode::kNotFound,
                 "idling_power.json is missing; record it with 'layerwatt idle', or give the idle "
                 "power with --idle-power")
        .at(dataset.folder);
  }
  auto idle = read_idle_power(dataset.idle_power);
  if (!idle) return std::move(idle).error();
  if (const bool is_run_virtual = model.is_virtual(); idle->is_virtual != is_run_virtual) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("this idle power is {} and the run's power {}: they are not taken "
                             "together; measure idle power with the sensor of the run, or give it "
                             "with --idle-power",
                             idle->is_virtual ? "virtual" : "measured",
                             is_run_virtual ? "virtual" : "measured"))
        .at(dataset.idle_power);
  }
  return idle->microwatts;
}

Result<LayerProfile> map_model(const RawModel& model, MapMethod method, double idle_microwatts,
                               const std::filesystem::path& result_dir) {
  if (model.layer_latency.empty() && !model.timeline_npy.empty()) {
    return Error(
               ErrorCode::kUnknowable,
               fmt::format("no layer of this run has a place of its own in a pass (it ran on "
                           "several streams, or each layer by itself), which '{}' needs; --method "
                           "solve tells what can be known",
                           to_string(method)))
        .at(model.folder);
  }
  if (auto complete = model.require_mappable(); !complete) return std::move(complete).error();
  // Beside the latencies, which take longer.
  auto log_later = std::async(std::launch::async, [&] { return read_power_log(model.power_log); });
  auto latencies = read_layer_latencies(model.layer_latency);
  if (!latencies) return std::move(latencies).error();
  if (!latencies->has_stamps()) {
    return Error(ErrorCode::kUnsupported,
                 "run times without the time at which each layer ended (the older form of this "
                 "file) cannot be mapped to a power log; record the model again")
        .at(model.layer_latency);
  }
  auto info = read_engine_info(model.engine_info);
  if (!info) return std::move(info).error();
  auto layers = take_layers(*latencies, *std::move(info));
  if (!layers) return std::move(layers).error().at(model.layer_latency);
  auto log = log_later.get();
  if (!log) return std::move(log).error();

  const Columns columns = make_columns(*log, *latencies);
  if (overlap_of_passes(columns) > kMostOverlap) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("passes overlap (a run of several streams): '{}' takes what is drawn "
                             "for that of one layer at a time. --method solve tells the energy of "
                             "a pass; time the network with one stream to know its layers",
                             to_string(method)))
        .at(model.layer_latency);
  }
  const std::filesystem::path folder = result_dir / model.name;
  if (auto made = make_folder(folder); !made) return std::move(made).error();
  auto profile = map_and_write(columns, *std::move(layers), method, idle_microwatts,
                               folder / kPowerRuntimeFileName);
  if (!profile) return profile;
  if (auto copied = copy_whole(model.engine_info, folder / "trt_engine_info.json"); !copied) {
    return std::move(copied).error();
  }
  if (!model.run_file.empty()) {
    if (auto copied = copy_whole(model.run_file, folder / "run.json"); !copied) {
      return std::move(copied).error();
    }
  }
  profile->model = model.name;
  profile->rail = "power log";
  if (auto added = add_facts_of_run(model, *profile); !added) return std::move(added).error();
  if (auto marked = mark_virtual(folder, profile->is_virtual); !marked) {
    return std::move(marked).error();
  }
  profile->notes.insert(profile->notes.end(), model.notes.begin(), model.notes.end());
  for (std::string& note : log->notes()) profile->notes.push_back(std::move(note));
  if (latencies->dropped > 0) {
    profile->notes.push_back(fmt::format(
        "The recording was stopped within a pass: {} executions of an incomplete pass left out.",
        latencies->dropped));
  }
  return profile;
}

}  // namespace layerwatt
