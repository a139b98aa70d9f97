#pragma once

#include "layerwatt/core/result.h"

#include "attribution/fit/fine_fit.h"

namespace layerwatt {

struct CounterFitInput {
  /// What counter_windows() gives.
  const PowerTrace* means = nullptr;
  const LoadPieces* load = nullptr;
  /// From one renewal of the counter to the next, seconds.
  double period = 1e-3;
  /// From one read to the next, seconds.
  double read_distance = 1e-3;
};

/// Fits an energy counter. A read shows the energy up to the counter's last renewal; how long ago
/// that was varies from read to read about a mean, the lag, which is fitted along with the powers.
/// What remains is an error of each reading in joules: the jitter of that age times power, and the
/// counter's step. The rows are the counter's levels at the ends of windows, not the windows'
/// energies, of which two that adjoin share one reading's error; a slow walk of the power besides
/// the load is part of the noise, its rate chosen by the likelihood.
///
/// kUnknowable where there are too few windows.
Result<FineFit> fit_counter(const CounterFitInput& input);

}  // namespace layerwatt
