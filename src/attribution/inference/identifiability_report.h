#pragma once

#include "layerwatt/attribution/solve.h"
#include "layerwatt/core/layer_profile.h"

#include "attribution/inference/identifiability.h"

namespace layerwatt {

/// How well layers could be told apart, and what would tell them better, in sentences.
Identifiability identifiability_report(const FineFit& fit, const Separation& separation,
                                       Schedule schedule, const SolveOptions& options);

}  // namespace layerwatt
