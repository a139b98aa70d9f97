#pragma once

#include <optional>
#include <span>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// Joules that flowed between two instants, as a sensor behind an exponential filter of time
/// constant τ saw them: τ·dy/dt = x − y, so ∫ x dt = ∫ y dt + τ·(y(to) − y(from)). The readings at
/// both ends are means over a tenth of τ, so that rounding does not come in τ times over; without a
/// filter, and for energy counters, the integral alone. kUnknowable where the trace does not cover
/// the span.
Result<Joules> energy_between(const PowerTrace& trace, Instant from, Instant to);

/// Greatest reading in the span; absent where there is none, and for energy counters.
std::optional<Watts> peak_between(const PowerTrace& trace, Instant from, Instant to);

/// A mean of repeats, and what it may be off by.
struct RepeatedMean {
  double mean = 0.0;
  /// Half of the 95 % interval by Student's t; absent for fewer than two values.
  std::optional<double> half_width;
};
RepeatedMean mean_of_repeats(std::span<const double> values);

}  // namespace layerwatt
