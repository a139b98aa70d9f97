#include "experiment/measure/power_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/recording/idle_stretch.h"
#include "layerwatt/sensors/detect_board.h"

namespace layerwatt {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTryWithout =
    "\nTo try layerwatt without a sensor, add --sensor virtual:orin-nano: the network really runs, "
    "its power is synthesised and labelled so.";

std::optional<Duration> slowest_filter(std::span<const Rail> rails) {
  std::optional<Duration> slowest;
  for (const Rail& rail : rails) {
    const auto constant = effective_time_constant(rail.model);
    if (!constant) return std::nullopt;
    if (!slowest || *constant > *slowest) slowest = constant;
  }
  return slowest;
}

Result<void> choose_virtual_board(const PowerOptions& options, PowerSource& source) {
  auto board = find_virtual_board(options.virtual_board);
  if (!board) return std::move(board).error();
  if (options.sensor_samples) {
    board = with_sensor_settings(*std::move(board), options.sensor_samples, std::nullopt);
    if (!board) return std::move(board).error();
  }
  std::vector<Rail> rails;
  for (const VirtualChipSetup& chip : board->chips) {
    for (const VirtualRail& of_chip : chip.rails) {
      if (std::ranges::find(board->total, of_chip.name) == board->total.end()) continue;
      Rail rail;
      rail.model = declared_model(chip, of_chip);
      rails.push_back(std::move(rail));
    }
  }
  source.settling = settling_time(rails);
  source.time_constant = slowest_filter(rails);
  source.virtual_board = *std::move(board);
  return {};
}

/// Folders of the chips whose averaging can be set and which read a selected rail.
std::vector<fs::path> settable_chips(const SystemRoot& root, const PowerSource& source) {
  std::vector<fs::path> chips;
  for (const ProbedSensor& probed : source.machine.sensors) {
    const bool reads_one = std::ranges::any_of(probed.rails, [&](const Rail& rail) {
      return std::ranges::any_of(source.selection.rails,
                                 [&](const Rail& chosen) { return chosen.name == rail.name; });
    });
    const fs::path chip = root.path / "sys/class/hwmon" / probed.id;
    std::error_code ignored;
    if (reads_one && fs::exists(chip / "samples", ignored)) chips.push_back(chip);
  }
  return chips;
}

/// Below the root, so that a tree of files is its own machine; /run does not survive a reboot.
Result<fs::path> settings_state_file(const SystemRoot& root) {
  const fs::path path = root.path / default_settings_state_file().relative_path();
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error_from_errno(error.value(), "make the folder").at(path.parent_path());
  return path;
}

/// Rails that cannot be added up to a total are refused before anything is measured.
Result<void> check_total(const RailSelection& selection) {
  std::vector<PowerTrace> without_samples;
  for (const Rail& rail : selection.rails) {
    PowerTrace trace;
    trace.rail = rail;
    without_samples.push_back(std::move(trace));
  }
  auto sum = sum_rails(without_samples, Rail());
  if (!sum) return Error(ErrorCode::kInvalidArgument, sum.error().message());
  return {};
}

Result<void> select(const PowerOptions& options, PowerSource& source) {
  const SystemRoot& root = options.recorder.root;
  auto machine = detect_board(root, options.recorder.sensor);
  if (!machine) return std::move(machine).error();
  source.machine = *std::move(machine);
  auto selection = select_rails(source.machine, options.recorder.rails, options.recorder.sensor);
  if (!selection) {
    Error error = std::move(selection).error();
    if (error.code() != ErrorCode::kNotFound) return error;
    return Error(error.code(), error.message() + std::string(kTryWithout));
  }
  source.selection = *std::move(selection);
  if (auto adds_up = check_total(source.selection); !adds_up) return adds_up;
  if (auto added =
          add_rails(source.machine, options.more_rails, options.recorder.sensor, source.selection);
      !added) {
    return added;
  }
  auto sensors = open_rails(root, source.machine, source.selection);
  if (!sensors) return std::move(sensors).error();
  source.settling = settling_time(source.selection.rails);
  source.time_constant = slowest_filter(source.selection.rails);
  return {};
}

Result<void> put_back_what_was_left(const SystemRoot& root, PowerSource& source) {
  const fs::path state = root.path / default_settings_state_file().relative_path();
  auto recovered = recover_sensor_settings(state);
  if (!recovered) return std::move(recovered).error();
  source.notes = *std::move(recovered);
  return {};
}

Result<void> apply_samples(const PowerOptions& options, PowerSource& source) {
  const SystemRoot& root = options.recorder.root;
  auto state = settings_state_file(root);
  if (!state) return std::move(state).error();
  auto settings =
      SensorSettings::set_samples(settable_chips(root, source), *options.sensor_samples, *state);
  if (!settings) return std::move(settings).error();
  source.notes.insert(source.notes.end(), settings->warnings().begin(), settings->warnings().end());
  source.settings = *std::move(settings);
  return select(options, source);  // the rails' models are others now
}

}  // namespace

bool PowerSource::is_virtual() const {
  return virtual_board.has_value() || machine.is_virtual || has_virtual_rail(selection);
}

Result<PowerSource> open_power_source(const PowerOptions& options) {
  PowerSource source;
  if (!options.virtual_board.empty()) {
    auto machine = detect_board(options.recorder.root, options.recorder.sensor);
    if (!machine) return std::move(machine).error();
    source.machine = *std::move(machine);
    if (auto chosen = choose_virtual_board(options, source); !chosen) {
      return std::move(chosen).error();
    }
    return source;
  }
  if (auto r = put_back_what_was_left(options.recorder.root, source); !r) {
    return std::move(r).error();
  }
  if (auto r = select(options, source); !r) return std::move(r).error();
  if (options.sensor_samples) {
    if (auto r = apply_samples(options, source); !r) return std::move(r).error();
  }
  return source;
}

}  // namespace layerwatt
