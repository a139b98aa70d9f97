#include "layerwatt/experiment/isolate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/dataset/isolated_table.h"
#include "layerwatt/dataset/layer_stats.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/experiment/environment.h"
#include "layerwatt/experiment/rail_selection.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/virtual_board.h"

#include "experiment/idle_stretch.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

/// Of the whole network, to stand beside the sum of its layers.
constexpr std::int64_t kWholePasses = 20;

std::string table_name(const std::string& model) {
  return fmt::format("{}_layerwise_energy_full.csv", model);
}

/// A label becomes the name of a folder.
Result<void> check_label(const std::string& label, std::string_view option) {
  if (label.find('/') == std::string::npos && label != "." && label != "..") return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{} '{}' is to be the name of a folder", option, label));
}

/// "2 (15W)" against what a person typed: its number or its name.
bool is_mode(const std::string& present, const std::string& label) {
  const std::size_t open = present.find('(');
  if (open == std::string::npos) return present == label;
  const std::string number = present.substr(0, present.find(' '));
  const std::string name = present.substr(open + 1, present.rfind(')') - open - 1);
  return label == number || label == name;
}

Result<void> check_mode(const IsolateOptions& options, const Board& board) {
  if (options.mode.empty()) return {};
  if (auto ok = check_label(options.mode, "--mode"); !ok) return ok;
  const auto environment = read_environment(options.measure.recorder.root, board);
  const auto present = environment.find("power_mode");
  if (present == environment.end() || is_mode(present->second, options.mode)) return {};
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("the machine is in power mode {}, not in '{}': switch it with 'sudo "
                           "nvpmodel -m NUMBER', or name the mode it is in",
                           present->second, options.mode));
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

/// The rails of the statistics: those asked for, which must be there; else the published ones that
/// are, else all.
Result<std::vector<std::string>> choose_rails(const IsolateOptions& options,
                                              const std::vector<std::string>& there) {
  const auto has = [&](const std::string& name) {
    return std::find(there.begin(), there.end(), name) != there.end();
  };
  for (const std::string& name : options.rails) {
    if (!has(name)) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("there is no rail '{}'; there are {}",
                                                            name, fmt::join(there, ", ")));
    }
  }
  if (!options.rails.empty()) return options.rails;
  std::vector<std::string> chosen;
  for (const std::string& name : published_rails()) {
    if (has(name)) chosen.push_back(name);
  }
  return chosen.empty() ? there : chosen;
}

/// What is decided before anything runs.
struct IsolatePlan {
  MeasureOptions measure;
  Duration boundary{0};
  std::vector<std::string> stats_rails;
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
  if (!options.measure.virtual_board.empty()) {
    const auto board = find_virtual_board(options.measure.virtual_board);
    if (!board) return board.error();
    if (auto ok = check_label(options.mode, "--mode"); !ok) return std::move(ok).error();
    needed = settling_time_of(*board);
    auto rails = choose_rails(options, rails_of(*board));
    if (!rails) return std::move(rails).error();
    plan.stats_rails = *std::move(rails);
  } else {
    const RecorderOptions& recorder = options.measure.recorder;
    const auto board = detect_board(recorder.root, recorder.sensor);
    if (!board) return board.error();
    if (auto ok = check_mode(options, *board); !ok) return std::move(ok).error();
    auto selection = select_rails(*board, recorder.rails, recorder.sensor);
    if (!selection) return std::move(selection).error();
    if (wants_stats) {
      auto rails = choose_rails(options, rails_of(*board));
      if (!rails) return std::move(rails).error();
      plan.stats_rails = *std::move(rails);
      plan.measure.more_rails = plan.stats_rails;
      if (auto ok = add_rails(*board, plan.stats_rails, recorder.sensor, *selection); !ok) {
        return std::move(ok).error();
      }
    }
    needed = settling_time(selection->rails);
  }
  plan.boundary = options.boundary.value_or(needed);
  if (plan.boundary < needed) {
    plan.notes.push_back(fmt::format(
        "A settling time of {} is shorter than the {} that this sensor may need: means of samples, "
        "as in the published statistics, then hold a part of the layer before. Energies are "
        "corrected for that where the sensor's time constant is known.",
        format_si(to_seconds(plan.boundary), "s"), format_si(to_seconds(needed), "s")));
  }
  RunPlan& run = plan.measure.plan;
  run.schedule = Schedule::kIsolated;
  run.isolated_settle = plan.boundary;
  plan.measure.duration.reset();
  plan.measure.runs = options.repeats.value_or(kWholePasses);
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

Result<void> write_stats(const IsolateOptions& options, const IsolatePlan& plan,
                         const Isolation& isolation, bool is_virtual) {
  const Recording& recording = isolation.measurement.recording;
  const LayerStatsPlace place{options.stats_dir, options.mode, options.device,
                              isolation.measurement.model};
  std::vector<PowerTrace> rails;
  LayerStatsRails about;
  about.is_virtual = is_virtual;
  for (const PowerTrace& trace : recording.rails) {
    const std::string& name = trace.rail.name;
    if (std::find(plan.stats_rails.begin(), plan.stats_rails.end(), name) ==
        plan.stats_rails.end()) {
      continue;
    }
    rails.push_back(trace);
    about.time_constants[name] = filter_of(trace.rail, isolation.measurement.profile);
  }
  for (const IsolatedLayer& layer : isolation.layers) {
    if (options.eval_power) {
      if (auto ok = write_layer_power(place, layer.layer, rails, layer.begin, layer.end); !ok) {
        return ok;
      }
    }
    if (options.eval_latency) {
      const auto times = run_times_of(recording.timeline, layer, options.sample_count);
      if (auto ok = write_layer_run_times(place, layer.layer, times); !ok) return ok;
    }
  }
  return options.eval_power ? write_layer_stats_rails(place, about) : Result<void>();
}

}  // namespace

std::vector<std::string> published_rails() {
  return {"RAM",  "SWAP",        "CPU",         "EMC_FREQ",    "MCPU",       "GPU",
          "BCPU", "VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_SYS_CPU", "VDD_SYS_DDR"};
}

Result<Isolation> isolate_network(Engine& engine, const IsolateOptions& options,
                                  Cancellation& cancellation, MeasureObserver& observer) {
  auto plan = make_plan(options);
  if (!plan) return std::move(plan).error();
  auto measured = measure_network(engine, plan->measure, cancellation, observer);
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
    if (auto ok = write_stats(options, *plan, isolation, is_virtual); !ok) {
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
  const fs::path folder = options.measure.result_dir / name;
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
