#pragma once

#include <optional>

#include "layerwatt/core/power_trace.h"

namespace layerwatt {

/// An energy counter as mean powers: one sample for each window between two reads at which the
/// counter was seen to have moved, at least `least` apart. `before` and `after` are the window's
/// ends, `power` is what the counter rose over its length; each window begins where the last ended.
/// Reads that took unusually long are no ends of windows: their instant is not known. Empty where
/// the counter did not move twice.
PowerTrace counter_windows(const PowerTrace& counter, Duration least);

/// Seconds from one renewal of the counter to the next: the median of the distances at which it was
/// seen to move. Where nearly every read saw it moved, reads are too slow to tell: `declared` then,
/// if it is less.
double renewal_period(const PowerTrace& counter, std::optional<Duration> declared);

/// Median seconds from one read to the next; 0 with fewer than two reads.
double usual_read_distance(const PowerTrace& counter);

}  // namespace layerwatt
