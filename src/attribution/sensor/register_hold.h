#pragma once

#include <span>

#include "layerwatt/core/power_trace.h"

#include "attribution/model/busy_time.h"

namespace layerwatt {

/// Seconds for which values of the register stand while the load runs, where reads are fast enough
/// against them to show it: the distance of changes that falls in step best. 0 where values change
/// from read to read, or where no period can be told. `busy` counts from the trace's first read.
double register_hold(const PowerTrace& trace, std::span<const Stretch> busy);

}  // namespace layerwatt
