#include "monitor/exposition/board_metrics.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <time.h>

#include <algorithm>

#include "layerwatt/core/sensor_model.h"

namespace layerwatt {
namespace {

double to_unix_seconds(const timespec& t) {
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::string kind_word(RailKind kind) {
  switch (kind) {
    case RailKind::kPower:
      return "power";
    case RailKind::kEnergyCounter:
      return "energy counter";
    case RailKind::kVoltageCurrent:
      break;
  }
  return "voltage and current";
}

void add_errors(const RailReading& reading, const std::string& rail, MetricSet& metrics) {
  const auto add = [&](std::string_view reason, std::int64_t count) {
    metrics.add(Metric::kReadErrors, static_cast<double>(count),
                {{"rail", rail}, {"reason", std::string(reason)}});
  };
  add("busy", reading.busy);
  add("disabled", reading.disabled);
  add("garbage", reading.garbage);
  add("implausible", reading.implausible);
  add("gone", reading.gone);
}

void add_rail(const Rail& rail, const RailReading& reading, const WallClock& clock,
              MetricSet& metrics) {
  const std::string& name = rail.name;
  const MetricSet::Labels of_rail{{"rail", name}};
  if (reading.power) metrics.add(Metric::kRailPower, reading.power->value(), of_rail);
  metrics.add(Metric::kRailEnergy, reading.energy.value(), of_rail);
  if (reading.voltage) metrics.add(Metric::kRailVoltage, reading.voltage->value(), of_rail);
  if (reading.current) metrics.add(Metric::kRailCurrent, reading.current->value(), of_rail);
  metrics.add(Metric::kRailUp, reading.power ? 1.0 : 0.0, of_rail);
  metrics.add(Metric::kRailReadings, static_cast<double>(reading.readings), of_rail);
  add_errors(reading, name, metrics);
  metrics.add(Metric::kUnmeasured, to_seconds(reading.unmeasured), of_rail);
  if (reading.last) {
    metrics.add(Metric::kLastSample, clock.unix_seconds(*reading.last), of_rail);
  }
  if (const auto constant = effective_time_constant(rail.model)) {
    metrics.add(Metric::kTimeConstant, to_seconds(*constant), of_rail);
  }
}

MetricSet::Labels sensor_labels(const Rail& rail, bool in_total) {
  MetricSet::Labels labels{{"rail", rail.name},
                           {"sensor", rail.sensor},
                           {"kind", kind_word(rail.kind)},
                           {"coverage", rail.coverage},
                           {"in_total", in_total ? "true" : "false"}};
  if (rail.model.average_count) {
    labels.push_back({"averages", fmt::format("{}", *rail.model.average_count)});
  }
  return labels;
}

}  // namespace

WallClock::WallClock() : monotonic_(MonotonicClock::now()) {
  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  unix_seconds_ = to_unix_seconds(wall);
}

void add_board_metrics(const ExportedBoard& board, const BoardReading& reading,
                       const WallClock& clock, MetricSet& metrics) {
  if (reading.power) {
    metrics.add(Metric::kJetsonPower, reading.power->value());
    metrics.add(Metric::kBoardPower, reading.power->value());
  }
  if (reading.energy) metrics.add(Metric::kBoardEnergy, reading.energy->value());
  std::vector<std::string> total;
  for (std::size_t i = 0; i < board.rails.size(); ++i) {
    const Rail& rail = board.rails[i];
    const bool in_total = std::ranges::find(board.total, i) != board.total.end();
    if (in_total) total.push_back(rail.name);
    add_rail(rail, reading.rails[i], clock, metrics);
    metrics.add(Metric::kSensorInfo, 1.0, sensor_labels(rail, in_total));
  }
  metrics.add(Metric::kBoardInfo, 1.0,
              {{"board", board.board.name},
               {"module", board.board.module},
               {"soc", board.board.soc},
               {"l4t", board.board.l4t},
               {"jetpack", board.board.jetpack},
               {"total", fmt::format("{}", fmt::join(total, " + "))}});
  if (board.period > Duration(0)) {
    metrics.add(Metric::kSamplerPeriod, to_seconds(board.period));
  }
  metrics.add(Metric::kSamplerTicks, static_cast<double>(reading.sampler.ticks));
  metrics.add(Metric::kSamplerLateTicks, static_cast<double>(reading.sampler.late));
  metrics.add(Metric::kSamplerLostTicks, static_cast<double>(reading.sampler.lost));
}

void add_machine_metrics(const MachineReading& machine, std::optional<Watts> budget,
                         MetricSet& metrics) {
  for (const auto& [zone, celsius] : machine.state.temperatures_celsius) {
    metrics.add(Metric::kTemperature, celsius, {{"zone", zone}});
  }
  for (const auto& [clock, hertz] : machine.state.clocks_hertz) {
    metrics.add(Metric::kClock, hertz, {{"clock", clock}});
  }
  if (machine.clocks_locked) metrics.add(Metric::kClocksLocked, *machine.clocks_locked ? 1.0 : 0.0);
  if (!machine.power_mode.empty()) {
    metrics.add(Metric::kPowerModeInfo, 1.0, {{"mode", machine.power_mode}});
  }
  if (!budget) budget = budget_of_mode(machine.power_mode);
  if (budget) metrics.add(Metric::kPowerBudget, budget->value());
  for (const CoolingDevice& device : machine.cooling) {
    const MetricSet::Labels labels{{"device", device.name}};
    metrics.add(Metric::kCoolingState, static_cast<double>(device.state), labels);
    metrics.add(Metric::kCoolingMaxState, static_cast<double>(device.max_state), labels);
  }
  for (const auto& [event, count] : machine.over_current) {
    metrics.add(Metric::kOverCurrentEvents, static_cast<double>(count), {{"event", event}});
  }
}

void add_measurement_metrics(const std::optional<RunningMeasurement>& running, MetricSet& metrics) {
  if (!running) return;
  const MetricSet::Labels network{{"network", running->network}};
  metrics.add(Metric::kMeasurementInfo, 1.0,
              {{"network", running->network},
               {"engine", running->engine},
               {"schedule", running->schedule}});
  metrics.add(Metric::kMeasurementPasses, static_cast<double>(running->passes), network);
  if (running->passes_per_second) {
    metrics.add(Metric::kMeasurementPassRate, *running->passes_per_second, network);
  }
  if (running->energy_per_inference) {
    metrics.add(Metric::kMeasurementEnergy, running->energy_per_inference->value(), network);
  }
}

}  // namespace layerwatt
