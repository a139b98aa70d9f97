#include <array>

#include "layerwatt/core/duration_text.h"
#include "layerwatt/core/number_range.h"
#include "layerwatt/sensors/tegrastats_sensor.h"

#include "sensors/sensor_kinds.h"

namespace layerwatt {
namespace {

std::string refuse_interval(std::string_view text) {
  return refuse_duration(text, ranges::kInterval);
}

constexpr std::string_view kProgram = "tegrastats";
constexpr std::string_view kInterval = "tegrastats-interval";
constexpr std::array kOptions = {
    OptionRow{.name = kProgram,
              .help = "Program to start for --sensor tegrastats; the one on PATH if absent. -: the "
                      "lines of one that runs, from standard input",
              .value = "PROGRAM|-"},
    OptionRow{.name = kInterval,
              .help = "What it is asked to print at; 20 ms if absent",
              .value = "TIME",
              .refuse = refuse_interval},
};

/// Runs it for a line, which names the rails.
Result<std::vector<ProbedSensor>> probe(const SystemRoot& root) {
  const auto running = TegrastatsSensor::start(tegrastats_options(root));
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
  TegrastatsOptions run = tegrastats_options(root);
  run.rails = options.rails;
  run.log = root.log;
  auto started = TegrastatsSensor::start(run);
  if (!started) return std::move(started).error();
  return std::unique_ptr<Sensor>(*std::move(started));
}

}  // namespace

const SensorKind kTegrastats{
    "tegrastats", "what NVIDIA's tegrastats prints, which is started for it: only on request",
    probe,        open,
    true,         kOptions};

TegrastatsOptions tegrastats_options(const SystemRoot& root) {
  TegrastatsOptions options;
  if (const auto program = root.options.find(kProgram); program != root.options.end()) {
    options.program = program->second;
  }
  if (const auto text = root.options.find(kInterval); text != root.options.end()) {
    const auto interval = parse_duration(text->second);
    if (interval)
      options.interval = std::chrono::duration_cast<std::chrono::milliseconds>(*interval);
  }
  return options;
}

}  // namespace layerwatt
