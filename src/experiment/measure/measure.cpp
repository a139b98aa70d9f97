#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "layerwatt/analysis/solve_recording.h"
#include "layerwatt/core/file_text.h"
#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/profile_file.h"
#include "layerwatt/recording/environment.h"
#include "layerwatt/recording/run_files.h"
#include "layerwatt/recording/tegrastats_lines.h"
#include "layerwatt/running/run_plan.h"

#include "experiment/measure/complete_plan.h"
#include "experiment/measure/measured_dataset.h"
#include "experiment/measure/network_runner.h"
#include "experiment/measure/power_source.h"
#include "experiment/measure/recorded_run.h"
#include "experiment/measure/result_folder.h"
#include "experiment/measure/table_precision.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

RunConductor::Settings conductor_settings(const MeasureOptions& options, const RunPlan& plan,
                                          const PowerSource& source,
                                          const std::vector<Layer>& layers, const RunPaths& paths,
                                          bool keeps_idle) {
  RunConductor::Settings settings;
  settings.timeline = paths.timeline_npy;
  settings.recorder_command = options.power.recorder_command;
  settings.activity = options.power.activity;
  const bool whole = plan.schedule == Schedule::kWhole;
  const std::int64_t profiled = plan.profiled_runs.value_or(plan.runs);
  settings.first_phase = whole ? RunPhase::kWhole : RunPhase::kSegments;
  settings.last_phase = !whole         ? RunPhase::kSegments
                        : profiled > 0 ? RunPhase::kProfiled
                                       : RunPhase::kWhole;
  settings.last_phase_passes = profiled > 0 ? profiled : plan.runs;
  if (keeps_idle) {
    // One phase, whose end is told once.
    settings.last_phase = RunPhase::kWhole;
    settings.last_phase_passes = 1;
  }
  if (source.virtual_board) {
    if (options.plan.precision) {
      settings.virtual_precision =
          VirtualPrecision::Settings{.board = *source.virtual_board,
                                     .seed = plan.seed,
                                     .lead = options.power.idle_lead.value_or(source.settling),
                                     .layers = layers,
                                     .target = *options.plan.precision};
    }
    return settings;
  }
  settings.recorder = options.power.recorder;
  settings.recorder->output = paths.power_npy;
  settings.recorder->duration.reset();
  settings.recorder->rails.clear();
  for (const Rail& rail : source.selection.rails) settings.recorder->rails.push_back(rail.name);
  settings.settle = source.settling;
  settings.lead = keeps_idle ? Duration(0) : options.power.idle_lead.value_or(source.settling);
  if (options.plan.precision) {
    std::vector<bool> in_total;
    for (const Rail& rail : source.selection.rails) {
      in_total.push_back(std::ranges::find(source.selection.total, rail.name) !=
                         source.selection.total.end());
    }
    settings.precision =
        PrecisionWatch::Settings{.power_npy = paths.power_npy,
                                 .target = *options.plan.precision,
                                 .layers = layers.size(),
                                 .in_total = std::move(in_total),
                                 .time_constant = source.time_constant.value_or(Duration(0))};
  }
  return settings;
}

/// Names the folder that still holds the recording.
Error keeps_recording(Error error, const fs::path& folder) {
  return Error(error.code(), fmt::format("{}\nWhat was recorded is kept in {}", error.to_string(),
                                         folder.string()));
}

/// What can be told before the first pass, so that even a run that is killed can be read.
Result<void> write_beginning(const RunPaths& paths, const PreparedNetwork& network,
                             const RunFile& run) {
  const fs::path folder = paths.engine_info.parent_path();
  std::error_code made;
  fs::create_directories(folder, made);
  if (made) return error_from_errno(made.value(), "make the folder").at(folder);
  auto written = network.engine_info.empty()
                     ? write_engine_layers(paths.engine_info, network.layers)
                     : write_file_atomically(paths.engine_info, network.engine_info);
  if (!written) return written;
  return write_run_file(paths.run_file, run);
}

/// How far a run that was to reach a precision has come, by the intervals of its table.
void tell_precision(const PlanOptions& options, Measurement& measurement) {
  if (!options.precision) return;
  const auto reached = table_precision(measurement.profile);
  if (!reached) {
    measurement.notes.emplace_back(
        "The run was too short to tell how precise it is: not every layer is known.");
    return;
  }
  if (*reached <= *options.precision) {
    measurement.notes.push_back(
        fmt::format("The energies of the layers are known to within {:.2g} % of their sum, as "
                    "{:.2g} % was asked for.",
                    *reached * 100.0, *options.precision * 100.0));
    return;
  }
  measurement.notes.push_back(
      fmt::format("The precision of {:.2g} % was not reached: the energies of the layers are known "
                  "to within {:.2g} % of their sum. A longer --duration, --sensor-samples 1 or a "
                  "quieter machine help.",
                  *options.precision * 100.0, *reached * 100.0));
}

/// Why there is no power of the run at all; empty where there is.
std::string unread_total(const RunConductor& conductor, const PowerSource& source) {
  if (!conductor.summary()) return {};
  return unread_rails(*conductor.summary(), source.selection.total);
}

/// What an idle machine is left alone for where the driver keeps it so: the filter forgets what
/// loading drew, the recorder starts, and idle power is recorded.
Duration idle_of_driver(const PowerOptions& options, const PowerSource& source) {
  constexpr Duration kRecorderStart = std::chrono::seconds(1);
  if (source.virtual_board) return Duration(0);
  return source.settling + kRecorderStart + options.idle_lead.value_or(source.settling);
}

}  // namespace

Result<Measurement> measure_with(NetworkDriver& driver, const MeasureOptions& options,
                                 Cancellation& cancellation, MeasureObserver& observer) {
  // Before anything long begins; again, for the name that the network turns out to have, below.
  if (auto r = ResultFolder::check(options.output.result_dir, options.network.model,
                                   options.output.existing);
      !r) {
    return std::move(r).error();
  }
  auto source = open_power_source(options.power);
  if (!source) return std::move(source).error();
  auto network = driver.prepare();
  if (!network) return std::move(network).error();
  const std::size_t layers = network->layers.size();
  std::string of_schedule;
  auto plan = complete_plan(options.plan, *source, layers, driver.runs_layers(), of_schedule);
  if (!plan) return std::move(plan).error();
  if (driver.is_network() && !of_schedule.empty()) observer.said(of_schedule);
  if (auto r = check_plan(*plan); !r) return std::move(r).error();
  auto folder =
      ResultFolder::create(options.output.result_dir, network->name, options.output.existing);
  if (!folder) return std::move(folder).error();

  Measurement measurement;
  network->name = folder->name();
  measurement.model = network->name;
  const RunPaths paths(folder->path(), network->name, network->engine);
  RunFile run = begin_run_file(options, *plan, *source, *network);
  if (const auto warning = clock_warning(options.power.recorder.root, source->machine)) {
    if (!source->is_virtual()) {
      observer.said(*warning);
      run.notes.push_back(*warning);
    }
  }
  if (auto r = write_beginning(paths, *network, run); !r) {
    folder->discard();
    return std::move(r).error();
  }
  if (!source->virtual_board) {
    observer.said(fmt::format("{}, rail {}: {}", source->machine.name, source->selection.name,
                              source->selection.why));
  }
  for (const std::string& note : source->notes) observer.said(note);

  RunConductor conductor(
      conductor_settings(options, *plan, *source, network->layers, paths, driver.keeps_idle()),
      cancellation, observer);
  auto outcome = driver.run(*network, *plan, idle_of_driver(options.power, *source), conductor);
  conductor.finish();
  if (conductor.start_error()) {
    folder->discard();
    return *conductor.start_error();
  }
  if (!outcome) {
    const bool nothing = outcome.error().code() == ErrorCode::kCancelled || !conductor.has_begun();
    if (nothing && conductor.failure().empty()) {
      folder->discard();
      return std::move(outcome).error();
    }
    return keeps_recording(std::move(outcome).error(), folder->path());
  }
  measurement.outcome = *std::move(outcome);
  if (!conductor.failure().empty()) {
    measurement.partial_reason = conductor.failure();
  } else if (auto unread = unread_total(conductor, *source); !unread.empty()) {
    measurement.partial_reason = std::move(unread);
  } else if (measurement.outcome.partial) {
    measurement.partial_reason = "stopped by a person before its end";
  }
  if (conductor.summary()) {
    tell_recorder(*conductor.summary(), run);
  } else {
    run.end = read_clock_anchor();
  }
  run.state_after = read_machine_state(options.power.recorder.root);
  tell_tegrastats_state(recorder_lines_path(paths.power_npy), run);
  tell_outcome(measurement.outcome, measurement.partial_reason, run);
  if (auto r = write_dataset(options, *source, *network, paths, run, measurement); !r) {
    return keeps_recording(std::move(r).error(), folder->path());
  }
  auto place = folder->keep(!measurement.partial_reason.empty());
  if (!place) return keeps_recording(std::move(place).error(), folder->path());
  measurement.folder = *place;
  measurement.notes.insert(measurement.notes.begin(), folder->notes().begin(),
                           folder->notes().end());
  SolveOptions solving;
  solving.idle_power = run.idle_power;
  auto profile = solve_recording(measurement.model, measurement.recording, solving);
  if (!profile) return keeps_recording(std::move(profile).error(), measurement.folder);
  measurement.profile = *std::move(profile);
  // What was assumed of the network's inputs, and other things that change what ran, come first.
  auto& profile_notes = measurement.profile.notes;
  for (auto note = network->notes.rbegin(); note != network->notes.rend(); ++note) {
    if (std::ranges::find(profile_notes, *note) != profile_notes.end()) continue;
    profile_notes.insert(profile_notes.begin(), *note);
  }
  tell_precision(options.plan, measurement);
  if (auto r = write_profile_files(measurement.folder, measurement.profile); !r) {
    return keeps_recording(std::move(r).error(), measurement.folder);
  }
  return measurement;
}

}  // namespace layerwatt
