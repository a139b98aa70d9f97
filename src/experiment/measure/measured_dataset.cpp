#include "experiment/measure/measured_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/shell_word.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/dataset/inference_summary.h"
#include "layerwatt/recording/earlier_forms.h"
#include "layerwatt/recording/environment.h"
#include "layerwatt/simulation/virtual_recording.h"

#include "core/fingerprint.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// What the virtual board's sensor would have shown, as if it had been recorded.
Result<void> record_virtually(const PowerSource& source, Duration lead, const Timeline& timeline,
                              const RunPaths& paths, RunFile& run) {
  if (timeline.executions.empty()) {
    return Error(ErrorCode::kCancelled, "stopped before the first pass");
  }
  Instant first = timeline.executions.front().start;
  Instant last = timeline.executions.front().end;
  for (const Execution& e : timeline.executions) last = std::max(last, e.end);
  if (!timeline.interludes.empty()) {
    first = std::min(first, timeline.interludes.front().start);
    last = std::max(last, timeline.interludes.back().end);
  }
  const VirtualBoard& board = *source.virtual_board;
  auto virtual_run = record_virtual_run(timeline, board, run.seed, first - lead, last + lead);
  if (!virtual_run) return std::move(virtual_run).error();
  run.rails = virtual_run->recording.rails;
  run.total_rails.clear();
  for (const std::string_view name : board.total) run.total_rails.emplace_back(name);
  run.total_name = virtual_run->total.rail.name;
  run.total_reason = fmt::format("the total of a virtual {}", board.title);
  run.late_ticks = virtual_run->recording.late_ticks;
  run.lost_ticks = virtual_run->recording.lost_ticks;
  if (!virtual_run->recording.readings.empty()) {
    run.ticks = static_cast<std::int64_t>(virtual_run->recording.readings.front().size());
  }
  run.environment["virtual_board"] = std::string(board.title);
  run.notes.push_back(
      fmt::format("The power is virtual: synthesised as the sensor of a {} would have shown it for "
                  "layer powers "
                  "that were made up. The run times were measured on this machine.",
                  board.title));
  if (auto written = write_power_npy(paths.power_npy, virtual_run->recording.readings); !written) {
    return written;
  }
  auto truth = AtomicFile::create(paths.folder / kVirtualTruthFile);
  if (!truth) return std::move(truth).error();
  write_virtual_truth(virtual_run->truth, truth->stream());
  return truth->commit();
}

InferenceSummary summary_of(const MeasureOptions& options, const PreparedNetwork& network,
                            const RunOutcome& outcome, LocalTime finished) {
  InferenceSummary summary;
  summary.model = network.name;
  summary.dtype = std::string(to_string(network.type));
  if (!network.inputs.empty()) summary.input_shape = network.inputs.front().dimensions;
  summary.warmup = options.plan.run.warmup;
  summary.runs = static_cast<std::int64_t>(outcome.latencies.size());
  summary.optimization_level = options.output.optimization_level;
  summary.min_block_size = options.output.min_block_size;
  summary.result_dir = options.output.result_dir.string();
  summary.timestamp = format_local_second(finished);
  summary.latencies = outcome.latencies;
  for (const Duration latency : outcome.latencies) summary.total_time += latency;
  return summary;
}

/// "random", or the pictures that the network sees, and the values that were given.
std::string describe_input(const NetworkRequest& request) {
  std::string names;
  for (const ImageInput& image : request.images) {
    names += (names.empty() ? "" : ", ") + image.path.string();
  }
  for (const InputValue& value : request.input_values) {
    if (!names.empty()) names += ", ";
    if (!value.name.empty()) names += value.name + "=";
    names += value.source;
  }
  return names.empty() ? "random" : names;
}

/// Mean power of the idle stretch before the run.
std::optional<Watts> idle_before(const Recording& recording) {
  if (!recording.total || recording.timeline.executions.empty()) return std::nullopt;
  const PowerTrace& total = *recording.total;
  if (total.size() < 2) return std::nullopt;
  // The reads that straddle the first pass, or what is loaded for it, already show it.
  const Instant from = total.when(0);
  Instant first = recording.timeline.executions.front().start;
  if (const auto& interludes = recording.timeline.interludes; !interludes.empty()) {
    first = std::min(first, interludes.front().start);
  }
  const Instant to = first - std::chrono::milliseconds(5);
  if (to - from < std::chrono::milliseconds(100)) return std::nullopt;
  const auto energy = integrate(total, from, to);
  if (!energy) return std::nullopt;
  return *energy / (to - from);
}

/// Whether the dataset's idle power can be that of the stretch before this run: there is none, or
/// one of another such stretch that was synthesised, while this one was measured.
bool takes_idle_of(const RunFile& run, const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return true;
  const auto known = read_idle_power(path);
  return known && !known->source.empty() && known->is_virtual && !run.is_virtual;
}

Result<void> write_idle_if_absent(const MeasureOptions& options, const RunFile& run, Watts idle,
                                  std::vector<std::string>& notes) {
  const fs::path path = options.output.result_dir / "idling_power.json";
  if (!takes_idle_of(run, path)) return {};
  notes.push_back(
      fmt::format("{} holds the idle power of the stretch before this run; 'layerwatt "
                  "idle' measures it for longer.",
                  path.string()));
  IdlePower power;
  power.timestamp = format_local_second(run.end.local);
  power.microwatts = in_microwatts(idle);
  power.is_virtual = run.is_virtual;
  power.source = fmt::format("the stretch before a run of {}", run.model);
  return write_idle_power(path, power);
}

/// What earlier published versions called them, beside the files of today's.
Result<void> write_earlier_forms(const PreparedNetwork& network, const RunPaths& paths,
                                 const ClockMap& clocks, const Measurement& measurement) {
  const RunOutcome& outcome = measurement.outcome;
  if (measurement.recording.total) {
    const auto passes = static_cast<std::int64_t>(outcome.latencies.size());
    const auto written =
        write_cycles_power_log(paths.folder, passes, *measurement.recording.total, clocks);
    if (!written) return written;
  }
  return write_layerwise_latency(paths.folder, network.name, outcome.timeline, clocks);
}

/// The files that follow from run.json, timeline.npy and power.npy.
Result<void> write_published_files(const MeasureOptions& options, const PreparedNetwork& network,
                                   const RunPaths& paths, const RunFile& run,
                                   Measurement& measurement) {
  const ClockMap clocks = run.clock_map();
  if (measurement.recording.total) {
    if (auto r = write_power_log(paths.power_log, *measurement.recording.total, clocks); !r) {
      return r;
    }
  }
  if (auto r = write_layer_latencies(paths.layer_latency, measurement.outcome.timeline, clocks);
      !r) {
    return r;
  }
  if (options.output.as_published) {
    if (auto r = write_earlier_forms(network, paths, clocks, measurement); !r) return r;
  }
  return write_summary_file(paths.summary,
                            summary_of(options, network, measurement.outcome, clocks.end().local));
}

Result<Recording> load_from(const RunPaths& paths, const std::string& model) {
  RawModel raw;
  raw.name = model;
  raw.folder = paths.folder;
  raw.engine_info = paths.engine_info;
  raw.run_file = paths.run_file;
  raw.power_npy = paths.power_npy;
  raw.timeline_npy = paths.timeline_npy;
  std::error_code ignored;
  if (fs::exists(paths.layer_latency, ignored)) raw.layer_latency = paths.layer_latency;
  return load_recording(raw);
}

/// What this process was started with, as a shell would take it.
std::string command_line() {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  std::string line;
  for (std::string word; std::getline(in, word, '\0');) {
    if (!line.empty()) line += ' ';
    line += shell_word(word);
  }
  return line;
}

}  // namespace

RunFile begin_run_file(const MeasureOptions& options, const RunPlan& plan,
                       const PowerSource& source, const PreparedNetwork& network) {
  RunFile run;
  run.written_by = fmt::format("layerwatt {}", kVersion);
  run.model = network.name;
  run.engine = network.engine;
  run.engine_version = network.engine_version;
  run.schedule = plan.schedule;
  run.seed = plan.seed;
  run.warmup = plan.warmup;
  run.is_virtual = source.is_virtual();
  run.rails = source.selection.rails;
  run.total_rails = source.selection.total;
  run.total_name = source.selection.name;
  run.total_reason = source.selection.why;
  run.environment = read_environment(options.power.recorder.root, source.machine);
  run.environment["dtype"] = std::string(to_string(network.type));
  run.environment["threads"] =
      network.threads == 0 ? "engine's choice" : fmt::format("{}", network.threads);
  run.environment["spinning"] = network.spinning ? "on" : "off";
  run.environment["input"] = describe_input(options.network);
  run.environment["command"] = command_line();
  if (!network.path.empty()) {
    run.environment["model_file"] = network.path;
    // Without it, `layerwatt data provenance` says that nothing can be compared.
    if (const auto print = fingerprint_of_file(network.path)) {
      run.environment["model_fingerprint"] = *print;
    }
  }
  run.state_before = read_machine_state(options.power.recorder.root);
  run.begin = read_clock_anchor();
  run.end = run.begin;
  run.notes = network.notes;
  run.notes.insert(run.notes.end(), source.notes.begin(), source.notes.end());
  return run;
}

void tell_recorder(const RecorderSummary& recorder, RunFile& run) {
  run.begin = recorder.begin;
  run.end = recorder.finish;
  if (recorder.period > Duration(0)) run.requested_hertz = 1.0 / to_seconds(recorder.period);
  run.ticks = recorder.ticks;
  run.late_ticks = recorder.late_ticks;
  run.lost_ticks = recorder.lost_ticks;
  for (const RecordedRail& rail : recorder.rails) run.failed_reads += rail.try_again + rail.garbage;
  run.recorder_cpu_share = recorder.cpu_share;
  run.lateness_p99 = recorder.lateness.p99;
  run.environment["recorder_scheduler"] = recorder.scheduler;
  run.notes.insert(run.notes.end(), recorder.warnings.begin(), recorder.warnings.end());
}

void tell_outcome(const RunOutcome& outcome, const std::string& partial_reason, RunFile& run) {
  run.stamps = outcome.timeline.stamps;
  run.interludes = outcome.timeline.interludes;
  run.passes = pass_count(outcome.timeline);
  run.profiled_passes = run.passes - static_cast<std::int64_t>(outcome.latencies.size());
  if (run.schedule != Schedule::kWhole || run.profiled_passes < 0) run.profiled_passes = 0;
  if (outcome.profiled_apart) run.profiled_passes = *outcome.profiled_apart;
  run.dropped_passes = outcome.lost_passes;
  run.is_partial = !partial_reason.empty();
  if (run.is_partial) run.notes.push_back("Partial: " + partial_reason);
  run.notes.insert(run.notes.end(), outcome.notes.begin(), outcome.notes.end());
}

Result<void> write_dataset(const MeasureOptions& options, const PowerSource& source,
                           const PreparedNetwork& network, const RunPaths& paths, RunFile& run,
                           Measurement& measurement) {
  if (measurement.outcome.timeline.schedule != Schedule::kWhole) {
    const auto written = write_latencies_in_place(paths.layer_latency, network.layers,
                                                  measurement.outcome.in_place_times);
    if (!written) return written;
  }
  const bool has_others = !std::ranges::equal(measurement.outcome.timeline.layers, network.layers,
                                              {}, &Layer::name, &Layer::name);
  if (has_others) {
    // Regions, which are known when they have run.
    if (auto r = write_engine_layers(paths.engine_info, measurement.outcome.timeline.layers); !r) {
      return r;
    }
  }
  if (auto r = write_timeline_npy(paths.timeline_npy, measurement.outcome.timeline); !r) return r;
  if (source.virtual_board) {
    const Duration lead = options.power.idle_lead.value_or(source.settling);
    const auto recorded = record_virtually(source, lead, measurement.outcome.timeline, paths, run);
    if (!recorded) return recorded;
  }
  run.is_finished = true;
  if (auto r = write_run_file(paths.run_file, run); !r) return r;
  auto recording = load_from(paths, network.name);
  if (!recording) return std::move(recording).error();
  measurement.recording = *std::move(recording);
  const auto idle = idle_before(measurement.recording);
  if (idle && idle->value() <= 0.0) {
    const auto& power = measurement.recording.total->power;
    const bool is_zero =
        !power.empty() && std::ranges::all_of(power, [](Watts w) { return w.value() == 0.0; });
    const std::string reads =
        is_zero
            ? fmt::format("All {} readings of {} are exactly 0 W",
                          format_grouped(static_cast<std::int64_t>(power.size())), run.total_name)
            : fmt::format("Before the run {} reads {} on average", run.total_name,
                          format_si(idle->value(), "W"));
    measurement.notes.push_back(fmt::format(
        "{}, and a board that runs draws more: is the chip asleep, its shunt not there, or read "
        "the wrong way round? It was not taken for idle power; 'layerwatt sensors' shows what "
        "each rail reads.",
        reads));
  } else if (idle) {
    run.idle_power = idle;
    measurement.recording.run = run;
    if (auto r = write_run_file(paths.run_file, run); !r) return r;
    if (auto r = write_idle_if_absent(options, run, *idle, measurement.notes); !r) {
      return r;
    }
  }
  return write_published_files(options, network, paths, run, measurement);
}

}  // namespace layerwatt
