#pragma once

#include <Eigen/Dense>
#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/fit/linear_system.h"
#include "attribution/fit/row_fit.h"

namespace layerwatt {

/// Readings of a register that rows were gathered from.
struct GatheredReadings {
  const PowerTrace& trace;
  /// Row of each reading, −1 for none.
  const std::vector<Eigen::Index>& row_of;
  /// Of the register, watts.
  double step = 0.0;
};

/// Behind a slow filter a register stands still for many reads, and then says that the power is
/// somewhere within its step, once; where it changes, what the power is. Takes for each row's
/// reading what its readings say of the power before it was rounded, and weighs the row with it.
/// `expected`: of each reading, by the last step. `scattered`: variance of the filtered noise about
/// its mean over a row, W².
void undo_rounding(const GatheredReadings& readings, const std::vector<double>& expected,
                   double scattered, ObservedRows& out);

struct RoundingInput {
  GatheredReadings readings;
  const RowMatrix& rows;
  const Eigen::VectorXd& solution;
  /// Columns of the rows that are the load's, the first ones.
  int load_columns = 0;
  /// Each layer runs alone for long, at powers of its own.
  bool layers_are_steady = false;
  /// Noise is that of the readings, not of the rows that are their means.
  bool reading_by_reading = false;
};

/// Standard deviation of what rounding may leave in the mean power of whole passes, and of idle, W.
struct RoundingLeft {
  double busy = 0.0;
  double idle = 0.0;
};

/// A load that moves over steps of the register evens rounding out as noise does: what remains is
/// that of powers that stood still, idle before and after the run and whole passes one like
/// another.
RoundingLeft rounding_left(const RoundingInput& input);

}  // namespace layerwatt
