#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "layerwatt/core/timeline.h"

namespace layerwatt {

struct ScheduleRow {
  Schedule schedule;
  /// In files and options.
  std::string_view word;
  /// For the help of options, behind the word.
  std::string_view summary;
};

/// Every schedule. to_string() gives its word.
inline constexpr ScheduleRow kScheduleTable[] = {
    {Schedule::kWhole, "whole", "the network as it is"},
    {Schedule::kIsolated, "isolated", "one layer at a time"},
    {Schedule::kWeighing, "weighing",
     "layers run a varying number of times, so that a slow sensor tells them apart"},
};

inline constexpr auto kSchedules = [] {
  std::array<Schedule, std::size(kScheduleTable)> schedules{};
  for (std::size_t i = 0; i < schedules.size(); ++i) schedules[i] = kScheduleTable[i].schedule;
  return schedules;
}();

}  // namespace layerwatt
