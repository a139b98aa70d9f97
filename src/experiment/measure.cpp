#include "layerwatt/experiment/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "layerwatt/core/atomic_file.h"
#include "layerwatt/core/local_time.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/core/version.h"
#include "layerwatt/dataset/idle_power.h"
#include "layerwatt/experiment/environment.h"
#include "layerwatt/experiment/rail_selection.h"
#include "layerwatt/experiment/solve_recording.h"
#include "layerwatt/sensors/virtual_board.h"
#include "layerwatt/sensors/virtual_recording.h"

#include "experiment/idle_stretch.h"
#include "experiment/result_folder.h"
#include "experiment/run_conductor.h"
#include "experiment/run_writer.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// What measures the power of this run: the machine's rails, or a virtual board.
struct PowerSource {
  Board machine;
  RailSelection selection;
  std::optional<VirtualBoard> virtual_board;
  Duration lead{0};
};

Result<PowerSource> choose_source(const MeasureOptions& options) {
  PowerSource source;
  auto machine = detect_board(options.recorder.root, options.recorder.sensor);
  if (!machine) return std::move(machine).error();
  source.machine = *std::move(machine);
  if (!options.virtual_board.empty()) {
    auto board = find_virtual_board(options.virtual_board);
    if (!board) return std::move(board).error();
    source.virtual_board = *std::move(board);
    source.lead = options.idle_lead.value_or(std::chrono::seconds(3));
    return source;
  }
  auto selection = select_rails(source.machine, options.recorder.rails, options.recorder.sensor);
  if (!selection) {
    Error error = std::move(selection).error();
    if (error.code() == ErrorCode::kNotFound) {
      return Error(error.code(),
                   error.message() +
                       "\nTo try layerwatt without a sensor, add --sensor virtual:orin-nano: the "
                       "network really runs, its power is synthesised and labelled so.");
    }
    return error;
  }
  source.selection = *std::move(selection);
  // Opened once here, so that missing rights show before anything long begins.
  auto sensors = open_rails(options.recorder.root, source.machine, source.selection);
  if (!sensors) return std::move(sensors).error();
  source.lead = options.idle_lead.value_or(settling_time(source.selection.rails));
  return source;
}

/// Everything that stands in run.json before the first pass.
RunFile begin_run_file(const MeasureOptions& options, const PowerSource& source,
                       const PreparedNetwork& network) {
  RunFile run;
  run.written_by = fmt::format("layerwatt {}", kVersion);
  run.model = network.name;
  run.engine = network.engine;
  run.engine_version = network.engine_version;
  run.schedule = options.plan.schedule;
  run.seed = options.plan.seed;
  run.warmup = options.plan.warmup;
  run.is_virtual = source.virtual_board.has_value() || source.machine.is_virtual;
  run.rails = source.selection.rails;
  for (const Rail& rail : run.rails) run.total_rails.push_back(rail.name);
  run.total_name = source.selection.name;
  run.total_reason = source.selection.why;
  run.environment = read_environment(options.recorder.root, source.machine);
  run.environment["dtype"] = std::string(to_string(network.type));
  run.environment["threads"] =
      network.threads == 0 ? "engine's choice" : fmt::format("{}", network.threads);
  run.environment["spinning"] = network.spinning ? "on" : "off";
  if (!network.path.empty()) run.environment["model_file"] = network.path;
  run.state_before = read_machine_state(options.recorder.root);
  run.begin = read_clock_anchor();
  run.end = run.begin;
  run.notes = network.notes;
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
  run.passes = pass_count(outcome.timeline);
  run.profiled_passes = run.passes - static_cast<std::int64_t>(outcome.latencies.size());
  if (run.schedule != Schedule::kWhole || run.profiled_passes < 0) run.profiled_passes = 0;
  run.dropped_passes = outcome.lost_passes;
  run.is_partial = !partial_reason.empty();
  if (run.is_partial) run.notes.push_back("Partial: " + partial_reason);
  run.notes.insert(run.notes.end(), outcome.notes.begin(), outcome.notes.end());
}

/// What the virtual board's sensor would have shown, as if it had been recorded.
Result<void> record_virtually(const PowerSource& source, const Timeline& timeline,
                              const RunPaths& paths, RunFile& run) {
  if (timeline.executions.empty()) {
    return Error(ErrorCode::kCancelled, "stopped before the first pass");
  }
  Instant last = timeline.executions.front().end;
  for (const Execution& e : timeline.executions) last = std::max(last, e.end);
  const VirtualBoard& board = *source.virtual_board;
  auto virtual_run =
      record_virtual_run(timeline, board, run.seed, timeline.executions.front().start - source.lead,
                         last + source.lead);
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
  summary.warmup = options.plan.warmup;
  summary.runs = static_cast<std::int64_t>(outcome.latencies.size());
  summary.optimization_level = options.optimization_level;
  summary.min_block_size = options.min_block_size;
  summary.result_dir = options.result_dir.string();
  summary.timestamp = format_local_second(finished);
  summary.latencies = outcome.latencies;
  for (const Duration latency : outcome.latencies) summary.total_time += latency;
  return summary;
}

/// Mean power of the idle stretch before the run.
std::optional<Watts> idle_before(const Recording& recording) {
  if (!recording.total || recording.timeline.executions.empty()) return std::nullopt;
  const PowerTrace& total = *recording.total;
  if (total.size() < 2) return std::nullopt;
  // The reads that straddle the first pass already show it.
  const Instant from = total.when(0);
  const Instant to = recording.timeline.executions.front().start - std::chrono::milliseconds(5);
  if (to - from < std::chrono::milliseconds(100)) return std::nullopt;
  const auto energy = integrate(total, from, to);
  if (!energy) return std::nullopt;
  return *energy / (to - from);
}

Result<void> write_idle_if_absent(const MeasureOptions& options, Watts idle, LocalTime when,
                                  std::vector<std::string>& notes) {
  const fs::path path = options.result_dir / "idling_power.json";
  std::error_code error;
  if (fs::exists(path, error)) return {};
  notes.push_back(
      fmt::format("{} holds the idle power of the stretch before this run; 'layerwatt "
                  "idle' measures it for longer.",
                  path.string()));
  return write_idle_power(path, {format_local_second(when), in_microwatts(idle)});
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
  return load_recording(raw);
}

/// Writes everything, in an order in which whatever fails leaves the recording readable.
Result<void> write_dataset(const MeasureOptions& options, const PowerSource& source,
                           const PreparedNetwork& network, const RunPaths& paths, RunFile& run,
                           Measurement& measurement) {
  if (auto r = write_timeline_npy(paths.timeline_npy, measurement.outcome.timeline); !r) return r;
  if (source.virtual_board) {
    if (auto r = record_virtually(source, measurement.outcome.timeline, paths, run); !r) return r;
  }
  run.is_finished = true;
  if (auto r = write_run_file(paths.run_file, run); !r) return r;
  auto recording = load_from(paths, network.name);
  if (!recording) return std::move(recording).error();
  measurement.recording = *std::move(recording);
  if (const auto idle = idle_before(measurement.recording)) {
    run.idle_power = idle;
    measurement.recording.run = run;
    if (auto r = write_run_file(paths.run_file, run); !r) return r;
    if (auto r = write_idle_if_absent(options, *idle, run.end.local, measurement.notes); !r) {
      return r;
    }
  }
  return write_published_files(options, network, paths, run, measurement);
}

RunConductor::Settings conductor_settings(const MeasureOptions& options, const PowerSource& source,
                                          const RunPaths& paths) {
  RunConductor::Settings settings;
  settings.timeline = paths.timeline_npy;
  settings.recorder_command = options.recorder_command;
  const RunPlan& plan = options.plan;
  const bool whole = plan.schedule == Schedule::kWhole;
  const std::int64_t profiled = plan.profiled_runs.value_or(plan.runs);
  settings.first_phase = whole ? RunPhase::kWhole : RunPhase::kSegments;
  settings.last_phase = !whole         ? RunPhase::kSegments
                        : profiled > 0 ? RunPhase::kProfiled
                                       : RunPhase::kWhole;
  settings.last_phase_passes = profiled > 0 ? profiled : plan.runs;
  if (source.virtual_board) return settings;
  settings.recorder = options.recorder;
  settings.recorder->output = paths.power_npy;
  settings.recorder->duration.reset();
  settings.recorder->rails.clear();
  for (const Rail& rail : source.selection.rails) settings.recorder->rails.push_back(rail.name);
  settings.settle = source.lead;
  settings.lead = source.lead;
  return settings;
}

/// Names the folder that still holds the recording.
Error keeps_recording(Error error, const fs::path& folder) {
  return Error(error.code(), fmt::format("{}\nWhat was recorded is kept in {}", error.to_string(),
                                         folder.string()));
}

}  // namespace

Result<Measurement> measure_network(Engine& engine, const MeasureOptions& options,
                                    Cancellation& cancellation, MeasureObserver& observer) {
  auto source = choose_source(options);
  if (!source) return std::move(source).error();
  auto network = prepare_network(engine, options.network);
  if (!network) return std::move(network).error();
  auto folder = ResultFolder::create(options.result_dir, network->name);
  if (!folder) return std::move(folder).error();

  Measurement measurement;
  measurement.model = network->name;
  measurement.notes = folder->notes();
  const RunPaths paths(folder->path(), network->name, network->engine);
  RunFile run = begin_run_file(options, *source, *network);
  std::error_code made;
  fs::create_directories(paths.engine_info.parent_path(), made);
  if (made) {
    return error_from_errno(made.value(), "make the folder").at(paths.engine_info.parent_path());
  }
  if (auto r = write_engine_layers(paths.engine_info, network->layers); !r) {
    folder->discard();
    return std::move(r).error();
  }
  if (auto r = write_run_file(paths.run_file, run); !r) {
    folder->discard();
    return std::move(r).error();
  }
  if (!source->virtual_board) {
    observer.said(fmt::format("{} rails of {}: {} ({})", source->selection.rails.size(),
                              source->machine.name, source->selection.name, source->selection.why));
  }

  RunConductor conductor(conductor_settings(options, *source, paths), cancellation, observer);
  auto outcome = run_network(engine, *network, options.plan, cancellation, conductor);
  conductor.finish();
  if (conductor.start_error()) {
    folder->discard();
    return *conductor.start_error();
  }
  if (!outcome) {
    const bool nothing = outcome.error().code() == ErrorCode::kCancelled;
    if (nothing && conductor.failure().empty()) {
      folder->discard();
      return std::move(outcome).error();
    }
    return keeps_recording(std::move(outcome).error(), folder->path());
  }
  measurement.outcome = *std::move(outcome);
  if (!conductor.failure().empty()) {
    measurement.partial_reason = conductor.failure();
  } else if (measurement.outcome.partial) {
    measurement.partial_reason = "stopped by a person before its end";
  }
  if (conductor.summary()) {
    tell_recorder(*conductor.summary(), run);
  } else {
    run.end = read_clock_anchor();
  }
  run.state_after = read_machine_state(options.recorder.root);
  tell_outcome(measurement.outcome, measurement.partial_reason, run);
  if (auto r = write_dataset(options, *source, *network, paths, run, measurement); !r) {
    return keeps_recording(std::move(r).error(), folder->path());
  }
  auto place = folder->keep(!measurement.partial_reason.empty());
  if (!place) return keeps_recording(std::move(place).error(), folder->path());
  measurement.folder = *place;
  SolveOptions solving;
  solving.idle_power = run.idle_power;
  auto profile = solve_recording(measurement.model, measurement.recording, solving);
  if (!profile) return keeps_recording(std::move(profile).error(), measurement.folder);
  measurement.profile = *std::move(profile);
  return measurement;
}

}  // namespace layerwatt
