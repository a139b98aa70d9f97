#pragma once

#include <optional>

#include "attribution/checks/checked_readings.h"

namespace layerwatt {

/// Whether the readings are of another unit than the files say: volts or watts that no rail of a
/// computer has, or an idle power thirty times off the one that was measured apart. A refusal.
std::optional<CheckVerdict> check_units(const CheckedReadings& readings);

}  // namespace layerwatt
