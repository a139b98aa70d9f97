#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

// Files as earlier versions of the published project wrote them; find_raw_dataset() knows them all.

/// `<passes>_cycles_power_log_<timestamp>.log` in `folder`, with the lines of write_power_log().
Result<void> write_cycles_power_log(const std::filesystem::path& folder, std::int64_t passes,
                                    const PowerTrace& total, const ClockMap& clocks);

/// `<seconds>_seconds_idling_power_log_<timestamp>.log` in `folder`; returns its path.
Result<std::filesystem::path> write_idling_power_log(const std::filesystem::path& folder,
                                                     std::int64_t seconds, const PowerTrace& total,
                                                     const ClockMap& clocks);

/// `<model>_layerwise_latency.json` in `folder`: [{layer: {"elapsed_time": milliseconds,
/// "start_time": seconds since 1970}, …}, …], of the passes in which every layer ran once. Nothing
/// is written where there is none.
Result<void> write_layerwise_latency(const std::filesystem::path& folder, const std::string& model,
                                     const Timeline& timeline, const ClockMap& clocks);

}  // namespace layerwatt
