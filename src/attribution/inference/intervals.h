#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "attribution/fit/fine_fit.h"
#include "attribution/inference/grouping.h"

namespace layerwatt {

/// The number of standard deviations on either side of the mean that hold `confidence` of a normal
/// distribution (1.96 for 0.95).
double normal_half_width(double confidence);

/// By how much variances are larger than the noise model says: residuals against their expectation,
/// and the scatter of blocks of time (sandwich) against the model, whichever is more; at least 1.
double variance_scale(const FineFit& fit, const GroupedSolution& solution);

/// Standard deviations of the groups' powers over recordings made of blocks of time drawn with
/// replacement, timing solved anew in each. One per unknown of `solution`.
std::vector<double> bootstrap_deviations(const FineFit& fit, const LoadPieces& load,
                                         const Grouping& grouping, int replicates,
                                         std::uint64_t seed);

}  // namespace layerwatt
