#pragma once

#include <optional>

#include "layerwatt/core/result.h"

#include "attribution/fit/fine_fit.h"

namespace layerwatt {

struct SlowFitInput {
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// Of the averaging filter; first guess.
  double time_constant = 0.43;
  /// How far the guess may be off, relative standard deviation.
  double time_constant_error = 0.1;
  /// Conversion cycle and window where known.
  double period = 0.84e-3;
  double window = 140e-6;
  /// Each layer runs alone for long: all of its readings are rounded alike.
  bool layers_are_steady = false;
  /// And rests between them.
  bool layers_have_pauses = false;
};

/// Fits a sensor whose averaging filter is slow against its conversions, or one of which it does
/// not matter when its conversions were, as layers run alone for long. Which moments its
/// conversions saw is not asked: the load that fell between them is noise, carried on by the filter
/// and modelled as such. Only changes slower than a fraction of the time constant are used, so that
/// microseconds of timing do not matter; the time constant itself is fitted along.
Result<FineFit> fit_slow_sensor(const SlowFitInput& input);

}  // namespace layerwatt
