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
  /// True if the power was synthesised; written as "virtual" only then, as the two below.
  bool is_virtual = false;
  /// True for the mean of a measurement that was stopped before its end.
  bool is_partial = false;
  /// Where it comes from if not from `layerwatt idle` ("the stretch before a run of alexnet").
  std::string source;
};

Result<IdlePower> parse_idle_power(std::string_view text);
Result<IdlePower> read_idle_power(const std::filesystem::path& path);
Result<void> write_idle_power(const std::filesystem::path& path, const IdlePower& idle);

}  // namespace layerwatt
