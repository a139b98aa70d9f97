#include "layerwatt/simulation/simulated_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/engine_info.h"
#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/dataset/layer_latency.h"
#include "layerwatt/dataset/npy.h"
#include "layerwatt/dataset/power_log.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/dataset/run_file.h"

namespace layerwatt {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view kEngine = "simulated";
/// 2026-01-01 00:00:00, when every simulated recording begins.
constexpr LocalTime kLocalBegin = local_time_from_ns(1'767'225'600'000'000'000);
/// The filter may still remember the time before the first sample.
constexpr Duration kSettling = 100ms;

class DatasetWriter {
 public:
  DatasetWriter(const Simulation& simulation, const std::string& model, fs::path folder)
      : simulation_(simulation),
        model_(model),
        folder_(std::move(folder)),
        begin_{simulation.begin, kLocalBegin, 0ns, 0ns},
        end_{simulation.end, kLocalBegin + (simulation.end - simulation.begin), 0ns, 0ns},
        clock_(begin_, end_) {}

  Result<void> write_published() {
    if (auto ok = write_power_log(); !ok) return ok;
    if (auto ok = write_engine(); !ok) return ok;
    if (auto ok = write_latencies(); !ok) return ok;
    return write_summary();
  }

  Result<void> write_own() {
    if (auto ok = write_power_npy(); !ok) return ok;
    if (auto ok = write_timeline_npy(); !ok) return ok;
    return write_run_file(folder_ / "run.json", run_file());
  }

  Result<void> write_truth() {
    return write_stream(folder_ / kVirtualTruthFile, [&](std::ostream& out) {
      write_virtual_truth(simulation_.run.truth, out);
    });
  }

  Result<void> write_idle(const fs::path& path) {
    IdlePower idle;
    idle.timestamp = format_local_second(end_.local);
    idle.microwatts = in_microwatts(measured_idle_power());
    idle.is_virtual = true;
    return write_idle_power(path, idle);
  }

 private:
  template <class Write>
  Result<void> write_stream(const fs::path& path, Write write) {
    auto file = AtomicFile::create(path);
    if (!file) return std::move(file).error();
    write(file->stream());
    return file->commit();
  }

  Instant first_start() const {
    const auto& executions = simulation_.timeline.executions;
    return executions.empty() ? simulation_.end : executions.front().start;
  }

  /// Mean of the samples before the first execution; the board's idle power if there are none.
  Watts measured_idle_power() const {
    const PowerTrace& total = simulation_.run.total;
    Watts sum;
    double count = 0.0;
    for (std::size_t i = 0; i < total.size() && total.after[i] < first_start(); ++i) {
      if (total.before[i] < simulation_.begin + kSettling) continue;
      sum += total.power[i];
      count += 1.0;
    }
    return count > 0.0 ? sum / count : simulation_.run.truth.idle;
  }

  Result<void> write_power_log() {
    const PowerTrace& total = simulation_.run.total;
    // A sum of rails has no current of its own: that which gives its power at the first rail's
    // voltage. An INA238 has no voltage either: then 1 V.
    const PowerTrace& first = simulation_.run.traces.front();
    return write_stream(folder_ / fmt::format("{}_power_log.log", model_), [&](std::ostream& out) {
      for (std::size_t i = 0; i < total.size(); ++i) {
        const Volts voltage = !total.voltage.empty()   ? total.voltage[i]
                              : !first.voltage.empty() ? first.voltage[i]
                                                       : volts(1.0);
        const Amperes current = !total.current.empty()
                                    ? total.current[i]
                                    : amperes(total.power[i].value() / voltage.value());
        out << format_power_log_line(clock_.to_local(total.when(i)), in_millivolts(voltage),
                                     in_milliamperes(current));
      }
    });
  }

  Result<void> write_engine() {
    return write_stream(folder_ / "trt_profiling" / "trt_engine_info.json", [&](std::ostream& out) {
      write_engine_info(out, simulation_.timeline.layers, {});
    });
  }

  /// The published file has as many executions of every layer: first executions of passes in which
  /// all layers run, and under `isolated`, where one layer repeats alone, as many as the least
  /// repeated layer has.
  Result<void> write_latencies() {
    const Timeline& timeline = simulation_.timeline;
    const bool is_weighing = timeline.schedule == Schedule::kWeighing;
    const std::vector<bool> is_complete = complete_passes(timeline);
    std::vector<std::vector<const Execution*>> of_layer(timeline.layers.size());
    for (const Execution& e : timeline.executions) {
      const bool is_counted = e.repeat == 0 && is_complete[static_cast<std::size_t>(e.pass)];
      if (is_weighing && !is_counted) continue;
      of_layer[static_cast<std::size_t>(e.segment)].push_back(&e);
    }
    std::size_t count = of_layer.empty() ? 0 : of_layer.front().size();
    for (const auto& executions : of_layer) count = std::min(count, executions.size());
    auto writer = LayerLatencyWriter::create(folder_ / "trt_profiling" / "trt_layer_latency.json");
    if (!writer) return std::move(writer).error();
    for (std::size_t l = 0; l < of_layer.size(); ++l) {
      auto& executions = of_layer[l];
      std::ranges::stable_sort(executions, {}, &Execution::end);
      writer->begin_layer(timeline.layers[l].name);
      for (std::size_t i = 0; i < count; ++i) {
        writer->add(to_milliseconds(executions[i]->run_time()),
                    clock_.to_local(executions[i]->end));
      }
    }
    return writer->commit();
  }

  /// From the begin of the first to the end of the last execution of each pass, as they really ran.
  std::vector<Duration> pass_times() const {
    std::vector<Duration> times;
    const auto& executions = simulation_.true_timeline.executions;
    for (std::size_t first = 0; first < executions.size();) {
      std::size_t last = first;
      while (last + 1 < executions.size() && executions[last + 1].pass == executions[first].pass) {
        ++last;
      }
      times.push_back(executions[last].end - executions[first].start);
      first = last + 1;
    }
    return times;
  }

  Result<void> write_summary() {
    InferenceSummary summary;
    summary.model = model_;
    summary.dtype = "float16";
    summary.latencies = pass_times();
    summary.runs = static_cast<std::int64_t>(summary.latencies.size());
    summary.result_dir = folder_.parent_path().string();
    summary.timestamp = format_local_second(end_.local);
    for (const Duration d : summary.latencies) summary.total_time += d;
    return write_stream(folder_ / fmt::format("{}_{}.json", model_, kEngine),
                        [&](std::ostream& out) { write_inference_summary(out, summary); });
  }

  Result<void> write_power_npy() {
    auto writer = NpyWriter<PowerRecord>::create(folder_ / "power.npy");
    if (!writer) return std::move(writer).error();
    const VirtualRecording& recording = simulation_.run.recording;
    for (std::size_t k = 0; k < recording.ticks.size(); ++k) {
      for (std::size_t r = 0; r < recording.rails.size(); ++r) {
        auto ok = writer->append(record_of(recording.readings[r][k], r, recording.ticks[k]));
        if (!ok) return ok;
      }
    }
    return writer->close();
  }

  Result<void> write_timeline_npy() {
    auto writer = NpyWriter<TimelineRecord>::create(folder_ / "timeline.npy");
    if (!writer) return std::move(writer).error();
    for (const Execution& e : simulation_.timeline.executions) {
      auto ok = writer->append(record_of(e));
      if (!ok) return ok;
    }
    return writer->close();
  }

  RunFile run_file() const {
    const VirtualRun& virtual_run = simulation_.run;
    RunFile run;
    run.written_by = fmt::format("layerwatt {} simulate", kVersion);
    run.model = model_;
    run.engine = kEngine;
    run.is_finished = true;
    run.is_virtual = true;
    run.begin = begin_;
    run.end = end_;
    run.schedule = simulation_.timeline.schedule;
    run.stamps = simulation_.timeline.stamps == StampSource::kUnknown ? StampSource::kCallback
                                                                      : simulation_.timeline.stamps;
    run.seed = virtual_run.truth.seed;
    run.passes = pass_count(simulation_.timeline);
    run.rails = virtual_run.recording.rails;
    run.total_rails = total_rails();
    run.total_name = "total";
    run.total_reason = "board table of the virtual board";
    run.idle_power = measured_idle_power();
    run.ticks = virtual_run.recording.ticks.empty()
                    ? 0
                    : static_cast<std::int64_t>(virtual_run.recording.ticks.back()) + 1;
    run.late_ticks = virtual_run.recording.late_ticks;
    run.lost_ticks = virtual_run.recording.lost_ticks;
    run.environment = {{"board", fmt::format("virtual {}", virtual_run.truth.board)}};
    run.notes = {
        fmt::format("Power and run times are simulated; {} holds the truth.", kVirtualTruthFile)};
    return run;
  }

  std::vector<std::string> total_rails() const {
    std::vector<std::string> names;
    const auto board = find_virtual_board(simulation_.run.truth.board);
    if (!board) return names;
    for (const std::string_view name : board->total) names.emplace_back(name);
    return names;
  }

  const Simulation& simulation_;
  const std::string& model_;
  fs::path folder_;
  ClockAnchor begin_;
  ClockAnchor end_;
  ClockMap clock_;
};

/// Simulated datasets are made again from their seed; what was measured is not.
Result<void> check_place(const fs::path& folder, const fs::path& idle_file,
                         const std::string& model) {
  std::error_code error;
  const bool is_simulated = fs::exists(folder / fmt::format("{}_{}.json", model, kEngine), error);
  if (fs::exists(folder, error) && !fs::is_empty(folder, error) && !is_simulated) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' holds something that was not simulated; choose another "
                             "--result-dir",
                             folder.string()));
  }
  if (!fs::exists(idle_file, error)) return {};
  const auto idle = read_idle_power(idle_file);
  if (idle && idle->is_virtual) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("'{}' was not simulated; choose another --result-dir for a simulated "
                           "dataset",
                           idle_file.string()));
}

}  // namespace

Result<void> write_simulated_dataset(const Simulation& simulation, const std::string& model,
                                     DatasetStyle style, const fs::path& result_dir) {
  const fs::path folder = result_dir / model;
  const fs::path idle_file = result_dir / "idling_power.json";
  if (auto free_to_write = check_place(folder, idle_file, model); !free_to_write) {
    return free_to_write;
  }
  std::error_code error;
  fs::create_directories(folder / "trt_profiling", error);
  if (error) return error_from_errno(error.value(), "make the folder " + folder.string());
  DatasetWriter writer(simulation, model, folder);
  if (auto ok = writer.write_published(); !ok) return ok;
  if (style == DatasetStyle::kWhole) {
    if (auto ok = writer.write_own(); !ok) return ok;
  }
  if (style == DatasetStyle::kPublished) {
    // Of an earlier simulation in the same place.
    for (const char* own : {"run.json", "power.npy", "timeline.npy"})
      fs::remove(folder / own, error);
  }
  if (auto ok = writer.write_truth(); !ok) return ok;
  return writer.write_idle(idle_file);
}

}  // namespace layerwatt
