#include "layerwatt/core/schedules.h"

#include <cstdlib>

namespace layerwatt {

std::string_view to_string(Schedule schedule) {
  for (const ScheduleRow& row : kScheduleTable) {
    if (row.schedule == schedule) return row.word;
  }
  std::abort();
}

}  // namespace layerwatt
