#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/raw_dataset.h"

#include "dataset/run/power_traces.h"
#include "dataset/run/timeline_file.h"

namespace layerwatt {
namespace {

/// The rail that stands for the board: one of `rails`, or the sum of several.
Result<std::optional<PowerTrace>> total_trace(const std::vector<TracedRail>& rails,
                                              const RunFile& run) {
  std::vector<const TracedRail*> parts;
  for (const std::string& name : run.total_rails) {
    for (const TracedRail& rail : rails) {
      if (rail.trace.rail.name == name) parts.push_back(&rail);
    }
  }
  if (parts.empty()) return std::optional<PowerTrace>();
  if (parts.size() == 1) return std::optional<PowerTrace>(parts.front()->trace);
  Rail total = parts.front()->trace.rail;
  total.name = run.total_name;
  total.is_virtual = run.is_virtual;
  auto sum = total_of(parts, std::move(total));
  if (!sum) return std::move(sum).error();
  return std::optional<PowerTrace>(*std::move(sum));
}

/// Run times in place, of the layers in their order; empty where the file has none.
Result<std::vector<RunTimeStats>> load_in_place(const std::filesystem::path& path,
                                                const std::vector<Layer>& layers) {
  auto latencies = read_layer_latencies(path);
  if (!latencies) return std::move(latencies).error();
  auto order = match_layers(*latencies, layers);
  if (!order) return std::move(order).error().at(path);
  std::vector<RunTimeStats> in_place(layers.size());
  for (std::size_t i = 0; i < order->size(); ++i) {
    std::vector<Duration> run_times;
    for (const double ms : latencies->layers[i].milliseconds) {
      run_times.push_back(from_seconds(1e-3 * ms));
    }
    in_place[(*order)[i]] = run_time_stats(run_times);
  }
  return in_place;
}

/// The power log, in local time, on the monotonic clock of the run: of an instrument outside, or
/// where power.npy was not kept.
Result<PowerTrace> load_log_by_clock(const RawModel& model, const ClockMap& clocks,
                                     std::vector<std::string>& notes) {
  auto log = read_power_log(model.power_log);
  if (!log) return std::move(log).error();
  Rail rail;
  rail.name = "power log";
  rail.sensor = "log";
  rail.location = model.power_log.string();
  PowerTrace trace = to_power_trace(*log, std::move(rail));
  for (std::string& note : log->notes()) notes.push_back(std::move(note));
  for (std::size_t i = 0; i < log->size(); ++i) {
    trace.before[i] = trace.after[i] = clocks.to_monotonic(log->time[i]);
  }
  return trace;
}

Result<Recording> load_own(const RawModel& model, Executions where) {
  auto run = read_run_file(model.run_file);
  if (!run) return std::move(run).error();
  Recording recording;
  // A recording that was ended properly has whole files; a shorter one was damaged since.
  const CutFile cut = run->is_finished ? CutFile::kRefuse : CutFile::kTakeWholeRecords;
  if (!run->is_finished) {
    recording.notes.emplace_back("The recording was not ended properly (a crash, a power cut).");
  }
  const bool is_by_log = model.power_npy.empty();
  Result<std::vector<TracedRail>> rails = std::vector<TracedRail>();
  if (!is_by_log) rails = load_traced_rails(model.power_npy, run->rails, cut, recording.notes);
  if (!rails) return std::move(rails).error();
  auto timeline = TimelineFile::open(model.timeline_npy, cut, run->schedule != Schedule::kWhole);
  if (!timeline) return std::move(timeline).error();
  if ((*timeline)->was_cut()) {
    recording.notes.push_back(
        fmt::format("{} was cut short; the {} whole records in it were taken.",
                    model.timeline_npy.filename().string(), (*timeline)->count()));
  }
  auto info = read_engine_info(model.engine_info);
  if (!info) return std::move(info).error();
  auto total = total_trace(*rails, *run);
  if (!total) return std::move(total).error().at(model.power_npy);
  recording.total = *std::move(total);
  for (TracedRail& rail : *rails) recording.rails.push_back(std::move(rail.trace));
  if (is_by_log) {
    auto log = load_log_by_clock(model, ClockMap(run->begin, run->end), recording.notes);
    if (!log) return std::move(log).error();
    recording.rails.push_back(*std::move(log));
    recording.total = recording.rails.front();
  }
  recording.timeline = {std::move(info->layers), {}, run->schedule, run->stamps, run->interludes};
  recording.executions_in_file = *std::move(timeline);
  if (where == Executions::kHeld) {
    if (auto held = hold_executions(recording); !held) {
      return std::move(held).error().at(model.timeline_npy);
    }
  }
  if (run->schedule != Schedule::kWhole && !model.layer_latency.empty()) {
    auto in_place = load_in_place(model.layer_latency, recording.timeline.layers);
    if (!in_place) return std::move(in_place).error();
    recording.in_place = *std::move(in_place);
  }
  recording.run = *std::move(run);
  return recording;
}

/// Executions as the stamps and run times say; whether the stamps can be believed is for others to
/// judge.
Result<Timeline> published_timeline(const LayerLatencies& latencies, EngineInfo info) {
  Timeline timeline;
  const ClockMap clock = ClockMap::identity();
  auto layers = take_layers(latencies, std::move(info));
  if (!layers) return std::move(layers).error();
  timeline.layers = *std::move(layers);
  for (std::size_t segment = 0; segment < latencies.layers.size(); ++segment) {
    const LayerLatency& latency = latencies.layers[segment];
    for (std::size_t pass = 0; pass < latency.milliseconds.size(); ++pass) {
      Execution execution;
      execution.segment = static_cast<std::int32_t>(segment);
      execution.pass = static_cast<std::int32_t>(pass);
      execution.end = clock.to_monotonic(latency.end[pass]);
      execution.start = execution.end - from_seconds(latency.milliseconds[pass] * 1e-3);
      timeline.executions.push_back(execution);
    }
  }
  std::stable_sort(timeline.executions.begin(), timeline.executions.end(),
                   [](const Execution& a, const Execution& b) { return a.start < b.start; });
  return timeline;
}

Result<Recording> load_published(const RawModel& model) {
  if (auto complete = model.require_mappable(); !complete) return std::move(complete).error();
  auto log = read_power_log(model.power_log);
  if (!log) return std::move(log).error();
  auto latencies = read_layer_latencies(model.layer_latency);
  if (!latencies) return std::move(latencies).error();
  if (!latencies->has_stamps()) {
    return Error(ErrorCode::kUnsupported,
                 "run times without the time at which each layer ended (the older form of this "
                 "file) cannot be related to a power log; record the model again")
        .at(model.layer_latency);
  }
  auto info = read_engine_info(model.engine_info);
  if (!info) return std::move(info).error();
  auto timeline = published_timeline(*latencies, *std::move(info));
  if (!timeline) return std::move(timeline).error().at(model.layer_latency);
  Recording recording;
  Rail rail;
  rail.name = "power log";
  rail.sensor = "log";
  rail.location = model.power_log.string();
  // Of virtual boards the published files alone may be there; what stands beside them says so.
  rail.is_virtual = model.is_virtual();
  recording.rails.push_back(to_power_trace(*log, std::move(rail)));
  recording.total = recording.rails.front();
  recording.timeline = *std::move(timeline);
  if (!model.run_file.empty()) {
    // Imported: whoever wrote the text files said where their stamps come from.
    auto run = read_run_file(model.run_file);
    if (!run) return std::move(run).error();
    recording.timeline.stamps = run->stamps;
    recording.notes = run->notes;
  }
  for (std::string& note : log->notes()) recording.notes.push_back(std::move(note));
  return recording;
}

}  // namespace

namespace {

Result<Recording> load_by_files(const RawModel& model, Executions executions) {
  const bool has_own_times = !model.timeline_npy.empty() && !model.run_file.empty();
  if (has_own_times && model.power_npy.empty() && !model.power_log.empty())
    return load_own(model, executions);
  const bool has_arrays = !model.power_npy.empty() && !model.timeline_npy.empty();
  if (has_arrays && !model.run_file.empty()) return load_own(model, executions);
  if (has_arrays && model.power_log.empty()) {
    return Error(ErrorCode::kNotFound,
                 "run.json is missing: power.npy alone does not say which rails it holds")
        .at(model.folder);
  }
  return load_published(model);
}

/// The power of another log may be measured where the run's own was virtual, and the reverse; idle
/// power of the one kind does not go with the other.
void take_kind_of_log(bool is_virtual, Recording& recording) {
  for (PowerTrace& trace : recording.rails) trace.rail.is_virtual = is_virtual;
  if (recording.total) recording.total->rail.is_virtual = is_virtual;
  if (!recording.run || recording.run->is_virtual == is_virtual) return;
  recording.run->is_virtual = is_virtual;
  if (!recording.run->idle_power) return;
  recording.run->idle_power.reset();
  recording.notes.push_back(
      fmt::format("The run's own idle power is {} and the power log {}: it was not used.",
                  is_virtual ? "measured" : "virtual", is_virtual ? "virtual" : "measured"));
}

}  // namespace

Result<Recording> load_recording(const RawModel& model, Executions executions) {
  auto recording = load_by_files(model, executions);
  if (!recording) return recording;
  recording->notes.insert(recording->notes.end(), model.notes.begin(), model.notes.end());
  if (model.has_virtual_log) take_kind_of_log(*model.has_virtual_log, *recording);
  return recording;
}

Result<void> visit_executions(const Recording& recording, const ExecutionSource::Take& take) {
  if (recording.executions_in_file) return recording.executions_in_file->visit(take);
  return take(recording.timeline.executions);
}

Result<void> hold_executions(Recording& recording) {
  if (!recording.executions_in_file) return {};
  std::vector<Execution>& held = recording.timeline.executions;
  held.reserve(static_cast<std::size_t>(recording.executions_in_file->count()));
  auto visited =
      recording.executions_in_file->visit([&](std::span<const Execution> some) -> Result<void> {
        held.insert(held.end(), some.begin(), some.end());
        return {};
      });
  recording.executions_in_file.reset();
  if (!visited) return visited;
  return validate(recording.timeline);
}

}  // namespace layerwatt
