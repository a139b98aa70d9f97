#pragma once

#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/clock/phase_search.h"

namespace layerwatt {

/// The values of the register whose changes tell the clock: current where the trace has it, else
/// power; joules for a counter.
std::vector<double> register_values(const PowerTrace& trace);

/// Seconds from `origin` at which each read latched its register.
std::vector<double> latch_times(const PowerTrace& trace, Instant origin, double fraction);

/// True for reads that took more than three times as long as usual.
std::vector<bool> stalled_reads(const PowerTrace& trace);

/// One event for each pair of successive reads neither of which stalled.
std::vector<RegisterEvent> register_events(const PowerTrace& trace, Instant origin,
                                           double fraction);

}  // namespace layerwatt
