#pragma once

#include <optional>
#include <string>

#include "layerwatt/core/power_trace.h"

#include "attribution/checks/checked_readings.h"
#include "attribution/model/timeline_look.h"

namespace layerwatt {

/// Why readings and executions are of different times altogether: which of them comes first, and
/// by how much; empty where they overlap. Neither may be empty. In a sentence without its end.
std::string refuse_no_overlap(const PowerTrace& trace, const TimelineLook& look);

/// Whether a good part of what ran was before the first reading or behind the last.
std::optional<CheckFinding> check_coverage(const CheckedReadings& readings);

}  // namespace layerwatt
