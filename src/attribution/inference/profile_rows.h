#pragma once

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"

#include "attribution/inference/identifiability.h"

namespace layerwatt {

/// Fills rows, idle, gap and pass of `profile` from a solved recording, of the layers of `timeline`
/// with their run times. `deviations`: half of an interval's width in standard deviations.
void fill_profile(const LoadPieces& load, const Timeline& timeline,
                  const std::vector<RunTimeStats>& times, const Separation& separation,
                  double deviations, LayerProfile& profile);

/// (layers + gaps + idle) / ∫ power dt − 1 over the trace; absent where the trace is too short.
/// Interludes have no readings, and are nobody's.
std::optional<double> sum_check(const FineFit& fit, const LoadPieces& load,
                                const GroupedSolution& solution, const PowerTrace& trace,
                                std::span<const Interlude> interludes);

/// Change of each group's power for 10 µs more lag, watts.
std::vector<double> lag_sensitivity(const FineFit& fit, const GroupedSolution& solution);

}  // namespace layerwatt
