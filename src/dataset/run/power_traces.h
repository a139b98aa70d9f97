#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/dataset/npy.h"

namespace layerwatt {

/// A rail's samples and the recorder's tick of each.
struct TracedRail {
  PowerTrace trace;
  std::vector<std::uint32_t> ticks;
};

/// Reads power.npy into one trace a rail; failed readings are left out and counted in `notes`.
Result<std::vector<TracedRail>> load_traced_rails(const std::filesystem::path& power_npy,
                                                  const std::vector<Rail>& rails, CutFile cut,
                                                  std::vector<std::string>& notes);

/// The sum over rails at the ticks that all of them have. Precondition: `rails` is not empty.
Result<PowerTrace> total_of(const std::vector<const TracedRail*>& rails, Rail total);

}  // namespace layerwatt
