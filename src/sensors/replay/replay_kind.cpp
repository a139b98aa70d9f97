#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/sensors/replay_sensor.h"

#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

Result<RecordedPower> recording_of(const SystemRoot& root) {
  const auto run = root.options.find(kReplay.name);
  if (run == root.options.end() || run->second.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "name the run whose power is to be replayed: --sensor replay:raw_data/alexnet");
  }
  if (root.read_recording == nullptr) {
    return Error(ErrorCode::kUnsupported, "recorded runs cannot be read here (SystemRoot)");
  }
  return root.read_recording(run->second);
}

Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) {
  auto recorded = recording_of(root);
  if (!recorded) return std::move(recorded).error();
  auto sensor = make_replay_sensor(std::move(recorded->traces));
  if (!sensor) return std::move(sensor).error();
  ProbedSensor probed;
  probed.kind = kReplay.name;
  probed.id = root.options.find(kReplay.name)->second;
  const auto rails = (*sensor)->rails();
  probed.rails.assign(rails.begin(), rails.end());
  probed.total = std::move(recorded->total);
  probed.why_total = std::move(recorded->why_total);
  return std::vector<ProbedSensor>{std::move(probed)};
}

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& sensor,
                                     const OpenOptions& options) {
  auto recorded = recording_of(root);
  if (!recorded) return std::move(recorded).error();
  std::vector<PowerTrace> chosen;
  for (PowerTrace& trace : recorded->traces) {
    const bool wanted = options.rails.empty() ||
                        std::ranges::find(options.rails, trace.rail.name) != options.rails.end();
    if (wanted) chosen.push_back(std::move(trace));
  }
  if (!options.rails.empty() && chosen.size() < options.rails.size()) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the run {} has not all of the rails that were asked for", sensor.id));
  }
  // A run that is longer than the recording hears it again from its beginning.
  return make_replay_sensor(std::move(chosen), {.repeat = true});
}

}  // namespace

const SensorKind kReplay{
    "replay",
    "power that was recorded before, at the age that it had then: replay:RUN, only on request",
    probe,
    open,
    true,
    {},
    "RUN"};

}  // namespace layerwatt
