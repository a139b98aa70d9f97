#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/core/power_trace.h"

#include "attribution/model/design_matrix.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Where the columns of the model stand: the load's columns first, then idle, then what is
/// estimated along but not reported (drift, state of the filter, timing).
struct ColumnLayout {
  int load = 0;
  int drift = 0;
  int initial = 0;
  int timing = 0;
  /// The board's low-pass; then, where layers were laid back to back, how far they stand apart.
  int low_pass = 0;

  int idle() const { return load; }
  int first_drift() const { return load + 1; }
  int first_initial() const { return first_drift() + drift; }
  int first_timing() const { return first_initial() + initial; }
  int first_low_pass() const { return first_timing() + timing; }
  int unknowns() const { return first_low_pass() + low_pass; }
  /// Unknowns and the reading.
  int columns() const { return unknowns() + 1; }
};

/// The recording as normal equations at the sensor's best-fitting timing, before any decision on
/// layers: rows are whitened to noise of variance one, timing enters by linearisation, so that
/// whatever is solved from it carries the doubt about timing.
struct FineFit {
  ColumnLayout layout;
  /// Products by block of time (sandwich); their sum is the whole.
  std::vector<Eigen::MatrixXd> blocks;
  /// What is known of unknowns beforehand (timing is smooth), added to the whole once.
  Eigen::MatrixXd prior;
  std::int64_t rows = 0;
  /// Least time over which a block was gathered, seconds.
  double block_seconds = 0.0;
  SensorKernel kernel;
  double period = 0.0;
  /// Of the averaging filter; 0 without one.
  double time_constant = 0.0;
  std::optional<ConversionClock> clock;
  /// From a conversion's end to when reads show it.
  double visible_after = 0.0;
  /// Standard deviation of a reading's own noise, watts.
  double noise = 0.0;
  /// Standard deviation of what rounding may leave in the mean of readings of one steady power, of
  /// layers and of idle. Shared: the layers' is one error of their sum, which is all that is steady
  /// behind a slow filter.
  double rounding = 0.0;
  double idle_rounding = 0.0;
  bool rounding_is_shared = false;
  /// Sensor slower than the passes: only slow changes of the load were used.
  bool is_slow = false;
  /// Readings are levels of an energy counter; `visible_after` is their mean age.
  bool is_counter = false;
  /// Power per column and idle at the solution with repeats pooled, for slopes and predictions.
  std::vector<double> watts;
  double idle = 0.0;
  /// Why layers must not be told apart, where the timing was not found; else empty.
  std::string hides_layers;
  std::vector<std::string> notes;

  Eigen::MatrixXd total() const;
};

/// Products that pull each layer's repeats towards its first executions, as if one had been told
/// that they differ by 0 ± `deviation` watts.
Eigen::MatrixXd repeat_tie(const ColumnLayout& layout, const LoadPieces& load, double deviation,
                           bool with_reading);

/// What is expected of powers beforehand, in watts; keeps those of which little is known yet from
/// leading a search astray.
struct ExpectedPowers {
  double mean = 0.0;
  /// Standard deviations: of layers about the mean, of repeats about first executions.
  double spread = 1.0;
  double repeat_spread = 1.0;
  double idle = 0.0;
  double idle_spread = 1.0;
};

/// That expectation as products; with the reading.
Eigen::MatrixXd power_prior(const ColumnLayout& layout, const LoadPieces& load,
                            const ExpectedPowers& expected);

}  // namespace layerwatt
