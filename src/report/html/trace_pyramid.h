#pragma once

#include <vector>

#include "layerwatt/core/power_trace.h"

namespace layerwatt {

/// Minimum, mean and maximum of a trace's power in buckets of equal length; NaN in buckets without
/// a sample (a page shows a break there). Times in seconds since `origin`.
struct PyramidLevel {
  double start = 0.0;
  double step = 0.0;
  std::vector<float> min;
  std::vector<float> mean;
  std::vector<float> max;
};

/// Levels from fine to coarse, each four times as coarse as the one before: the finest has at most
/// `max_buckets`, the coarsest few enough to be drawn whole. Empty for less than two samples.
std::vector<PyramidLevel> make_pyramid(const PowerTrace& trace, Instant origin,
                                       std::size_t max_buckets);

/// Samples between two instants as they are.
struct TraceWindow {
  std::vector<double> time;
  std::vector<float> power;
};

/// At most `max_samples` of them; those nearest to the middle of the window where there are more.
TraceWindow cut_window(const PowerTrace& trace, Instant origin, Instant from, Instant to,
                       std::size_t max_samples);

/// A trace of power for an energy counter: differences over time, at the later sample. A trace of
/// power is returned as it is.
PowerTrace as_power(const PowerTrace& trace);

}  // namespace layerwatt
