#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/time.h"
#include "layerwatt/experiment/power_beside.h"
#include "layerwatt/experiment/region_result.h"

namespace layerwatt {

/// Energy above idle of stretches that do not overlap, by the readings in them. The interval is by
/// Student's t over the mean powers of blocks of at least a second and five time constants of the
/// sensor, so that neighbours know little of each other, and that of idle power beside it.
StretchEnergy energy_of_stretches(std::string name, std::span<const MarkedRegion::Span> stretches,
                                  const PowerTrace& total,
                                  const std::optional<Estimate<Watts>>& idle);

/// Spans in any order as stretches in which at least one of them ran; pauses of up to 50 ms, in
/// which a board does not fall idle, are within.
std::vector<MarkedRegion::Span> united(std::vector<MarkedRegion::Span> spans);

/// Mean power of the quietest five seconds (two, where there are no five) of the trace outside of
/// `busy`, a trace's first and last readings included. Absent where there are none. Stretches half
/// of which has no reading do not count.
std::optional<Estimate<Watts>> quietest_outside(const PowerTrace& total,
                                                const MarkedRegion::Span& busy);

}  // namespace layerwatt
