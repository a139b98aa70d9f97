#pragma once

#include <span>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"

#include "attribution/fit/fast_fit.h"
#include "attribution/fit/fine_fit.h"
#include "attribution/fit/slow_fit.h"

namespace layerwatt {

/// What several rails tell of the sum of their powers: fits of one load and layout each, whose
/// errors are independent. A layer's power is the sum of what it draws from each rail, so estimates
/// and covariances add up; normal equations that say the same are what comes of it, timing and
/// drift solved for. Columns that never ran stay without weight.
FineFit add_rails(std::span<const FineFit> rails, const LoadPieces& load);

// Totals of several rails. A chip converts its channels one after the other (INA3221,
// SBOS576B 8.4.2.1), each is read on its own, and each register rounds: so their sum is no reading
// of any one conversion, and each rail is fitted by itself. `input` is that of the total.

/// Of single conversions, or means of few. The rail that follows the load best tells the clock; the
/// others are tried on the same chip's first.
Result<FineFit> fit_fast_rails(std::span<const PowerTrace> rails, FastFitInput input);

/// Of sensors that need no clock. A rail that cannot be fitted by itself, as one that never moved,
/// leaves the total to be fitted as one reading.
Result<FineFit> fit_slow_rails(std::span<const PowerTrace> rails, const SlowFitInput& input);

}  // namespace layerwatt
