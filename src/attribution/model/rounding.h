#pragma once

#include <span>

namespace layerwatt {

/// Standard deviation of the noise that readings had before they were rounded to `step`, from what
/// a fit leaves; at least a fiftieth of the step. Residuals of more than two steps are not looked
/// at.
double noise_before_rounding(std::span<const double> residuals, double step);

/// Standard deviation of the error that rounding leaves in the mean of readings of one steady
/// power, however many they are: noise that is small against the step does not even it out.
double rounding_error(double noise, double step);

}  // namespace layerwatt
