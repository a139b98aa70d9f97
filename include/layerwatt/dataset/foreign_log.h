#pragma once

#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/log_columns.h"
#include "layerwatt/dataset/power_log.h"

namespace layerwatt {

struct ForeignLogOptions {
  /// Absent: the table of known logs (jtop, nvidia-smi, Joulescope, PowerSensor3) by their header.
  std::optional<LogColumns> columns;
  /// Local time at which a log of relative times begins.
  std::optional<LocalTime> begin;
};

/// A log of another program or instrument, as a power log.
struct ForeignLog {
  PowerLog log;
  /// What it was taken for, what was left out: each a sentence.
  std::vector<std::string> notes;
};

/// Reads a table with one line a sample, separated by commas, semicolons, tabs or blanks. Lines
/// without a number ("[N/A]", markers) are left out and counted. Power is taken where there is a
/// column of it, else voltage times current. kParse with the line's number; kInvalidArgument where
/// a choice is missing (begin, which of several cards).
Result<ForeignLog> read_foreign_log(std::istream& in, const ForeignLogOptions& options);

/// Reads a power log of the published form, or else as read_foreign_log().
Result<ForeignLog> read_any_power_log(const std::filesystem::path& path,
                                      const ForeignLogOptions& options);

/// Writes a whole log, in the published form.
Result<void> store_power_log(const std::filesystem::path& path, const PowerLog& log);

}  // namespace layerwatt
