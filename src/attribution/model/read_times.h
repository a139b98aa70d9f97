#pragma once

#include <cstddef>
#include <vector>

#include "layerwatt/core/power_trace.h"

namespace layerwatt {

/// The trace with a begin and an end to each read. A log that stamps each reading with one instant
/// does not say when within which time the register was read: reads are taken to follow each other
/// and to lie around their stamps, at most 2 ms long (the longest read of a rail behind I2C).
/// Traces that know their reads stay as they are.
PowerTrace with_read_times(PowerTrace trace);

/// Seconds from one reading to the next: the median; 0 with fewer than two.
double usual_distance(const std::vector<double>& seconds);

/// Readings further apart than so many seconds have a hole between them: 20 usual distances, and no
/// less than what a busy machine may well keep a reader from its readings.
double least_hole(double usual_distance);

/// The median of `values`, 0 of none.
double median_of(std::vector<double> values);

}  // namespace layerwatt
