#pragma once

#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// Every schedule; to_string() gives its word.
inline constexpr Schedule kSchedules[] = {Schedule::kWhole, Schedule::kIsolated,
                                          Schedule::kWeighing};

}  // namespace layerwatt
