#pragma once

#include <optional>
#include <string>

#include "layerwatt/core/power_trace.h"

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Readings below nothing: most of them, a refusal; some among positive ones, left out.
std::optional<CheckVerdict> check_negative(const CheckedReadings& readings);

/// Why readings say nothing of what ran, before anything else is looked at: all of them are exactly
/// 0, or most are negative; empty where neither is. In a sentence without its end.
std::string refuse_no_power(const PowerTrace& trace);

}  // namespace layerwatt
