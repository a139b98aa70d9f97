#pragma once

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

}  // namespace layerwatt
