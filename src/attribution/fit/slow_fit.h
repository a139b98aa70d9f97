#pragma once

#include "layerwatt/core/result.h"

#include "attribution/fit/slow_observation.h"

namespace layerwatt {

/// Fits a sensor whose averaging filter is slow against its conversions, or one of which it does
/// not matter when its conversions were, as layers run alone for long. Which moments its
/// conversions saw is not asked: the load that fell between them is noise, carried on by the filter
/// and modelled as such. Only changes slower than a fraction of the time constant are used, so that
/// microseconds of timing do not matter; the time constant itself is fitted along.
Result<FineFit> fit_slow_sensor(const SlowFitInput& input);

}  // namespace layerwatt
