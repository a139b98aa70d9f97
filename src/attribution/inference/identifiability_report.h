#pragma once

#include "layerwatt/core/layer_profile.h"

#include "attribution/inference/identifiability.h"

namespace layerwatt {

/// How well layers could be told apart, and what would tell them to within `relative_half_width`,
/// in sentences.
Identifiability identifiability_report(const FineFit& fit, const Separation& separation,
                                       Schedule schedule, double relative_half_width);

}  // namespace layerwatt
