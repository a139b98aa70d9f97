#include "layerwatt/experiment/isolate.h"

#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/isolated_table.h"
#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/experiment/measure.h"
#include "layerwatt/recording/idle_stretch.h"
#include "layerwatt/recording/rail_selection.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/detect_board.h"
#include "layerwatt/simulation/virtual_board.h"

#include "experiment/isolate/isolate_mode.h"
#include "experiment/isolate/isolate_stats.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// Of the whole network, to stand beside the sum of its layers.
constexpr std::int64_t kWholePasses = 20;

std::string table_name(const std::string& model) {
  return fmt::format("{}_layerwise_energy_full.csv", model);
}

/// Names of all rails that can be read.
std::vector<std::string> rails_of(const Board& board) {
  std::vector<std::string> names;
  for (const ProbedSensor& sensor : board.sensors) {
    for (const Rail& rail : sensor.rails) names.push_back(rail.name);
  }
  return names;
}

std::vector<std::string> rails_of(const VirtualBoard& board) {
  std::vector<std::string> names;
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) names.emplace_back(rail.name);
  }
  return names;
}

/// What is decided before anything runs.
struct IsolatePlan {
  MeasureOptions measure;
  Duration boundary{0};
  /// Nothing for no statistics of power.
  StatsNames stats;
  std::vector<std::string> notes;
};

Duration settling_time_of(const VirtualBoard& board) {
  std::vector<Rail> rails;
  for (const VirtualChipSetup& chip : board.chips) {
    for (const VirtualRail& rail : chip.rails) {
      rails.emplace_back();
      rails.back().model = declared_model(chip, rail);
    }
  }
  return settling_time(rails);
}

Result<IsolatePlan> make_plan(const IsolateOptions& options) {
  IsolatePlan plan;
  plan.measure = options.measure;
  Duration needed{0};
  const bool wants_stats = !options.mode.empty() && options.eval_power;
  if (!options.measure.power.virtual_board.empty()) {
    const auto board = find_virtual_board(options.measure.power.virtual_board);
    if (!board) return board.error();
    if (auto ok = check_mode_label(options); !ok) return std::move(ok).error();
    needed = settling_time_of(*board);
    auto names = choose_stats_names(options, rails_of(*board), {});
    if (!names) return std::move(names).error();
    plan.stats = *std::move(names);
  } else {
    const RecorderOptions& recorder = options.measure.power.recorder;
    const auto board = detect_board(recorder.root, recorder.sensor);
    if (!board) return board.error();
    if (auto ok = check_mode(options, *board); !ok) return std::move(ok).error();
    auto selection = select_rails(*board, recorder.rails, recorder.sensor);
    if (!selection) return std::move(selection).error();
    if (wants_stats) {
      auto fields = fields_there(recorder);
      if (!fields) return std::move(fields).error();
      auto names = choose_stats_names(options, rails_of(*board), *fields);
      if (!names) return std::move(names).error();
      plan.stats = *std::move(names);
      plan.measure.power.more_rails = plan.stats.rails;
      if (auto ok = add_rails(*board, plan.stats.rails, recorder.sensor, *selection); !ok) {
        return std::move(ok).error();
      }
    }
    needed = settling_time(selection->rails);
  }
  if (wants_stats && !plan.stats.note.empty()) plan.notes.push_back(plan.stats.note);
  plan.boundary = options.boundary.value_or(needed);
  if (plan.boundary < needed) {
    plan.notes.push_back(fmt::format(
        "A settling time of {} is shorter than the {} that this sensor may need: means of samples, "
        "as in the published statistics, then hold a part of the layer before. Energies are "
        "corrected for that where the sensor's time constant is known.",
        format_si(to_seconds(plan.boundary), "s"), format_si(to_seconds(needed), "s")));
  }
  RunPlan& run = plan.measure.plan.run;
  run.schedule = Schedule::kIsolated;
  run.isolated_settle = plan.boundary;
  run.isolated_single_runs = std::max(run.isolated_single_runs, options.sample_count);
  plan.measure.plan.duration.reset();
  plan.measure.plan.runs = options.repeats.value_or(kWholePasses);
  if (!options.repeats) run.isolated_duration = options.sample_duration;
  return plan;
}

/// The filter's time constant where the rail has one: as estimated from the recording, else as its
/// settings say.
std::optional<Duration> filter_of(const Rail& rail, const LayerProfile& profile) {
  if (rail.model.averaging != Averaging::kExponential) return std::nullopt;
  if (profile.sensor && profile.sensor->averaging == Averaging::kExponential) {
    if (const auto estimated = effective_time_constant(*profile.sensor)) return estimated;
  }
  return effective_time_constant(rail.model);
}

Result<void> write_table(const Isolation& isolation, bool is_virtual) {
  std::vector<IsolatedTableRow> rows;
  const auto& names = isolation.measurement.recording.timeline.layers;
  for (const IsolatedLayer& layer : isolation.layers) {
    rows.push_back({names[static_cast<std::size_t>(layer.layer)].name, layer.duration(),
                    layer.energy, layer.mean_power, layer.samples});
  }
  return write_isolated_table(isolation.table, rows, is_virtual);
}

}  // namespace

Result<Isolation> isolate_network(Engine& engine, const IsolateOptions& options,
                                  Cancellation& cancellation, MeasureObserver& observer) {
  const auto measure = [&engine](const MeasureOptions& how, Cancellation& stop,
                                 MeasureObserver& follows) {
    return measure_network(engine, how, stop, follows);
  };
  return isolate_network(measure, options, cancellation, observer);
}

Result<Isolation> isolate_network(const IsolatedMeasure& measure, const IsolateOptions& options,
                                  Cancellation& cancellation, MeasureObserver& observer) {
  auto plan = make_plan(options);
  if (!plan) return std::move(plan).error();
  auto measured = measure(plan->measure, cancellation, observer);
  if (!measured) return std::move(measured).error();

  Isolation isolation;
  isolation.measurement = *std::move(measured);
  isolation.boundary = plan->boundary;
  isolation.notes = std::move(plan->notes);
  const Measurement& measurement = isolation.measurement;
  const Recording& recording = measurement.recording;
  if (!recording.total) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("no power was recorded for {}; the recording is kept in {}",
                             measurement.model, measurement.folder.string()));
  }
  IsolatedOptions how;
  how.settle = plan->boundary;
  how.time_constant = filter_of(recording.total->rail, measurement.profile);
  how.as_published = options.as_published;
  auto layers = isolated_energies(*recording.total, recording.timeline, how, isolation.notes);
  if (!layers) return std::move(layers).error();
  isolation.layers = *std::move(layers);
  const bool is_virtual = recording.run && recording.run->is_virtual;
  if (!options.mode.empty()) {
    const auto filter = [&](const Rail& rail) { return filter_of(rail, measurement.profile); };
    if (auto ok = write_isolated_stats(options, plan->stats, isolation, filter); !ok) {
      return std::move(ok).error();
    }
  }
  // The table last: it says that all of this network is there.
  isolation.table = measurement.folder / table_name(measurement.model);
  if (auto ok = write_table(isolation, is_virtual); !ok) return std::move(ok).error();
  return isolation;
}

bool is_isolated_already(const IsolateOptions& options, const std::string& model) {
  const std::string name =
      fs::path(model).has_extension() ? fs::path(model).stem().string() : model;
  std::error_code error;
  if (!options.eval_power) {
    const LayerStatsPlace place{options.stats_dir, options.mode, options.device, name};
    return !options.mode.empty() && fs::is_directory(place.folder("latency"), error);
  }
  const fs::path folder = options.measure.output.result_dir / name;
  if (!fs::exists(folder / table_name(name), error)) return false;
  const auto run = read_run_file(folder / "run.json");
  return run && run->is_finished && !run->is_partial;
}

LayerProfile profile_of(const Isolation& isolation) {
  const Recording& recording = isolation.measurement.recording;
  LayerProfile profile;
  profile.model = isolation.measurement.model;
  profile.method = "isolated";
  profile.schedule = Schedule::kIsolated;
  if (recording.total) profile.rail = recording.total->rail.name;
  profile.is_virtual = recording.run && recording.run->is_virtual;
  Joules total;
  for (const IsolatedLayer& layer : isolation.layers) total += layer.energy;
  for (const IsolatedLayer& layer : isolation.layers) {
    LayerProfileRow row;
    row.layer = recording.timeline.layers[static_cast<std::size_t>(layer.layer)];
    row.status = LayerStatus::kResolved;
    row.power = Estimate<Watts>{layer.mean_power, std::nullopt, std::nullopt};
    row.energy = Estimate<Joules>{layer.energy, std::nullopt, std::nullopt};
    if (total.value() > 0.0) row.share = layer.energy / total;
    profile.rows.push_back(std::move(row));
  }
  return profile;
}

}  // namespace layerwatt
