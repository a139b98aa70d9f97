#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What a rail's readings are. Power and energy counters are different kinds: the first is sampled,
/// the second differenced.
enum class RailKind {
  kVoltageCurrent,  ///< volts and amperes, each read on its own; power is their product
  kPower,           ///< watts
  kEnergyCounter,   ///< joules since some moment, rising, wrapping at Rail::counter_range
};

/// One measured supply.
struct Rail {
  /// As labelled by the board ("VDD_IN"); unique within a board.
  std::string name;
  /// Row of the sensor table that reads it ("ina3221-hwmon", "rapl", "virtual").
  std::string sensor;
  /// The chip or file that it is read from, for people.
  std::string location;
  /// What draws through it ("GPU and SOC", "whole module").
  std::string coverage;
  RailKind kind = RailKind::kVoltageCurrent;
  std::optional<Ohms> shunt;
  /// For kEnergyCounter: the counter returns to 0 after this value.
  std::optional<Joules> counter_range;
  SensorModel model;
  /// True for readings that were synthesised; shown wherever the rail is shown.
  bool is_virtual = false;
};

/// The samples of one rail, in order, column by column; all non-empty columns are equally long.
struct PowerTrace {
  Rail rail;
  /// The instants just before and just after each read.
  std::vector<Instant> before;
  std::vector<Instant> after;
  /// Empty for energy counters.
  std::vector<Watts> power;
  /// Empty unless volts and amperes were read.
  std::vector<Volts> voltage;
  std::vector<Amperes> current;
  /// Energy counters only: unwrapped, so never falling, and 0 at the first sample.
  std::vector<Joules> energy;
  /// Of a sum of powers: the rails that were added up, sample by sample (sum_rails); empty else.
  std::vector<PowerTrace> parts;

  std::size_t size() const { return before.size(); }
  /// The middle of a read.
  Instant when(std::size_t i) const { return before[i] + (after[i] - before[i]) / 2; }
};

/// Checks lengths, order of instants (after ≥ before, `before` never falling), finite values, and
/// that an energy counter never falls.
Result<void> validate(const PowerTrace& trace);

/// The energy between two instants within the trace, by the trapezoidal rule for power and by
/// interpolation for counters. kUnknowable where the trace does not cover the interval or has fewer
/// than two samples.
Result<Joules> integrate(const PowerTrace& trace, Instant from, Instant to);

/// Sum, sample by sample, of rails sampled together: all powers, or all counters of like renewal
/// (else kUnsupported), equally long; the first gives the instants' begin, the last their end. A
/// sum of several powers keeps them as its parts.
Result<PowerTrace> sum_rails(const std::vector<PowerTrace>& traces, Rail total);

}  // namespace layerwatt
