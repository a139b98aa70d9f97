#pragma once

#include <optional>
#include <span>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// The step of a register, from values that it showed: the widest grid, laid through the smallest
/// distance of two values, on which all of them lie within a quarter of a step. Values that were
/// rounded more finely than the register's step give the step itself, not the rounded one. Nullopt
/// with fewer than three different values, or where no such grid exists.
std::optional<double> register_step(std::span<const double> values);

/// y(t) = last + (first − last)·exp(−t/τ), fitted to readings after a step of the load.
struct StepResponse {
  Duration time_constant{0};
  /// The readings followed faster than they were taken: the time constant is at most that long.
  bool is_upper_bound = false;
  double first = 0.0;
  double last = 0.0;
  /// Standard deviation of what the curve leaves over.
  double residual = 0.0;
};

/// Fits an exponential to `values` at `seconds` after a load changed, by least squares. The time
/// constant is looked for between the mean distance of readings and the whole length. `before` is
/// what the readings were before the step, where that is known: a sensor that is faster than the
/// readings shows nothing of the step in `values`.
///
/// kUnknowable where there are fewer than 20 readings, where the step is not five times what the
/// curve leaves over, or where the readings did not come to rest.
Result<StepResponse> fit_step_response(std::span<const double> seconds,
                                       std::span<const double> values,
                                       std::optional<double> before = std::nullopt);

}  // namespace layerwatt
