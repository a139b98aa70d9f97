#pragma once

#include <string>

#include "monitor/watch/watch_frame.h"

namespace layerwatt::testing {

/// What a view of a virtual Orin Nano might show after a minute and a bit.
inline WatchFrame watched_frame() {
  WatchFrame frame;
  frame.board = "virtual Jetson Orin Nano";
  frame.is_virtual = true;
  frame.unix_seconds = 1'700'000'000.25;
  frame.elapsed = std::chrono::seconds(75);
  const auto power = [](std::string name, double watts, double joules) {
    WatchedPower made;
    made.name = std::move(name);
    made.power = Watts(watts);
    made.voltage = Volts(5.0);
    made.current = Amperes(watts / 5.0);
    made.energy = Joules(joules);
    made.history = {watts / 2, std::nullopt, watts};
    return made;
  };
  frame.rails = {power("VDD_IN", 4.6, 345.0), power("VDD_SOC", 1.25, 93.75)};
  frame.rails[0].in_total = true;
  frame.total = frame.rails[0];
  frame.total->voltage.reset();
  frame.total->current.reset();
  frame.machine.state.temperatures_celsius = {{"cpu-thermal", 45.25}, {"gpu-thermal", 44.0}};
  frame.machine.state.clocks_hertz = {{"cpu0", 1'510'400'000.0}};
  frame.machine.power_mode = "2 (15W)";
  frame.machine.clocks_locked = true;
  frame.measurement.emplace();
  frame.measurement->network = "alexnet";
  frame.measurement->engine = "onnxruntime";
  frame.measurement->schedule = "whole";
  frame.measurement->passes = 120;
  frame.measurement->passes_per_second = 11.25;
  frame.measurement->energy_per_inference = Joules(0.4089);
  return frame;
}

}  // namespace layerwatt::testing
