#pragma once

#include <optional>

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Readings of exactly 0 among others well above it: reads that failed, left out; if they are most
/// of all, a refusal. A rail that idles at nothing is none of that.
std::optional<CheckVerdict> check_zeros(const CheckedReadings& readings);

}  // namespace layerwatt
