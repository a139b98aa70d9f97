#pragma once

#include "attribution/fit/fine_fit.h"
#include "attribution/inference/grouping.h"

namespace layerwatt {

/// The number of standard deviations on either side of the mean that hold `confidence` of a normal
/// distribution (1.96 for 0.95).
double normal_half_width(double confidence);

/// By how much variances are larger than the noise model says: residuals against their expectation,
/// and the scatter of blocks of time (sandwich) against the model, whichever is more; at least 1.
double variance_scale(const FineFit& fit, const GroupedSolution& solution);

}  // namespace layerwatt
