#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// The energy that went through a sensor with a first-order filter: the integral of what it showed,
/// and what its filter had not yet shown at the end less what it still showed at the beginning,
/// τ·(y(to) − y(from)). Exact but for quantisation, which it may be off by τ times a step. Without
/// a time constant the integral alone. kUnknowable where the trace does not cover the interval.
Result<Joules> filtered_energy(const PowerTrace& trace, Instant from, Instant to,
                               const std::optional<Duration>& time_constant);

/// What was measured while one layer ran alone, again and again.
struct IsolatedLayer {
  /// Index into Timeline::layers.
  std::int32_t layer = 0;
  /// From the first execution after the settling time to the end of the last one.
  Instant begin;
  Instant end;
  std::int64_t executions = 0;
  /// Of the board, idle power included.
  Joules energy;
  Watts mean_power;
  /// What the sensor showed meanwhile; of an energy counter, the mean from change to change.
  std::vector<Watts> samples;

  Duration duration() const { return end - begin; }
};

struct IsolatedOptions {
  /// Time at the beginning of each layer's stay that does not count.
  Duration settle{0};
  /// Of the sensor's exponential filter; absent: it has none.
  std::optional<Duration> time_constant;
  /// The published way: samples are taken at this interval, and their sum times it is the energy.
  /// Neither the filter nor the true sample times are looked at.
  std::optional<Duration> as_published;
};

/// Energy and mean power of each layer under the `isolated` schedule, in the order of the layers. A
/// layer that did not run, or whose time the trace does not cover, is not there and is named in
/// `notes`. kInvalidArgument for another schedule.
Result<std::vector<IsolatedLayer>> isolated_energies(const PowerTrace& total,
                                                     const Timeline& timeline,
                                                     const IsolatedOptions& options,
                                                     std::vector<std::string>& notes);

}  // namespace layerwatt
