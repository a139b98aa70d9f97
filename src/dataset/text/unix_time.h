#pragma once

#include <optional>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// Seconds since 1970 (UTC) as this machine's clocks would have shown it in its time zone; nullopt
/// outside 1970 to 2096.
std::optional<LocalTime> local_of_unix(double seconds);

}  // namespace layerwatt
