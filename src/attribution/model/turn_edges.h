#pragma once

#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Where layers that run alone for long begin and end: instants at which the load changes for good,
/// in order, seconds from LoadPieces::origin. Layers that take turns within a pass have none.
std::vector<double> turn_edges(const LoadPieces& load);

/// Which readings may be of a conversion that saw such an edge, of a sensor whose values come every
/// `period` and look at `window` seconds each: what they show hangs on when exactly it was.
std::vector<bool> sees_edge(const PowerTrace& trace, const LoadPieces& load,
                            const std::vector<double>& edges, double period, double window);

}  // namespace layerwatt
