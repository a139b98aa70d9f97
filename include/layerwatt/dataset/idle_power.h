#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// `idling_power.json`: what the board draws when nothing runs.
struct IdlePower {
  /// "YYYYMMDD-HHMMSS", when the measurement ended.
  std::string timestamp;
  /// "avg_idle_power", the unit of the published file.
  double microwatts = 0.0;
};

Result<IdlePower> parse_idle_power(std::string_view text);
Result<IdlePower> read_idle_power(const std::filesystem::path& path);
Result<void> write_idle_power(const std::filesystem::path& path, const IdlePower& idle);

}  // namespace layerwatt
