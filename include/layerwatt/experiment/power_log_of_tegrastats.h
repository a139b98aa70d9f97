#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/sensors/tegrastats_log.h"

namespace layerwatt {

/// Writes one rail of a log of tegrastats as a published power log (1000 mV and the rail's
/// milliwatts), so that `map` can use it. `begin` is the local time of the first line where the log
/// does not tell it. kNotFound for a rail that it does not have; kInvalidArgument where no time is
/// known.
Result<void> write_power_log_of_tegrastats(const std::filesystem::path& path,
                                           const TegrastatsLog& log, const std::string& rail,
                                           const std::optional<LocalTime>& begin);

}  // namespace layerwatt
