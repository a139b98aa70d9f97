#include "layerwatt/sensors/tegrastats_sensor.h"

#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

TegrastatsOptions options_of(const SystemRoot& root) {
  TegrastatsOptions options;
  options.program = root.tegrastats;
  options.interval = root.tegrastats_interval;
  return options;
}

/// Runs it for a line, which names the rails.
Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) {
  const auto running = TegrastatsSensor::start(options_of(root));
  if (!running) return running.error();
  ProbedSensor sensor;
  sensor.kind = kTegrastats.name;
  sensor.id = "tegrastats";
  const auto rails = (*running)->rails();
  sensor.rails.assign(rails.begin(), rails.end());
  return std::vector<ProbedSensor>{std::move(sensor)};
}

Result<std::unique_ptr<Sensor>> open(const SystemRoot& root, const ProbedSensor& /*sensor*/,
                                     const OpenOptions& options) {
  TegrastatsOptions run = options_of(root);
  run.rails = options.rails;
  run.log = root.tegrastats_log;
  auto started = TegrastatsSensor::start(run);
  if (!started) return std::move(started).error();
  return std::unique_ptr<Sensor>(*std::move(started));
}

}  // namespace

const SensorKind kTegrastats{
    "tegrastats", "what NVIDIA's tegrastats prints, which is started for it: only on request",
    probe, open, true};

}  // namespace layerwatt
