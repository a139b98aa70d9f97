#pragma once

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// When a register that is read several times for each of its values changes: reads latch at
/// kBlockLatch of their length, and each change is taken to lie half way between two of them, which
/// a hundred changes make good to a few hundredths of the distance of reads. Values that happen to
/// repeat are no harm. The period is looked for within `tolerance` of `period`, seconds.
///
/// kUnknowable where there are too few changes, or where they keep no such time.
inline constexpr double kBlockLatch = 0.5;
Result<ConversionClock> recover_block_clock(const PowerTrace& trace, double period,
                                            double tolerance);

}  // namespace layerwatt
