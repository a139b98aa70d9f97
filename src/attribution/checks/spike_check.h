#pragma once

#include <optional>

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Single readings far from nearly all others, of those while something runs and of those while
/// nothing does: left out. What comes in each pass at the same place is a layer that draws much,
/// and what lasts is the load; neither is a spike.
std::optional<CheckVerdict> check_spikes(const CheckedReadings& readings);

}  // namespace layerwatt
