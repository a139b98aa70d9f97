#pragma once

#include <span>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/power_trace.h"

namespace layerwatt {

/// How long after a change of load every rail shows the new power to 1 %: five time constants of
/// the slowest sensor, at least 1 s; 2.5 s where a sensor's model does not know (an INA3221 with
/// the usual 512 averages has 0.43 s).
Duration settling_time(std::span<const Rail> rails);

/// Waits without using the processor; false if cancelled before the time was over.
bool wait_idle(Duration how_long, const Cancellation& cancellation);

}  // namespace layerwatt
