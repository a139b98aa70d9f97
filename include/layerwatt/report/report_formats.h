#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/report/run_report.h"

namespace layerwatt {

/// One row of the table of what `report` makes of a run: a file, or a text printed instead of the
/// table of layers. One of `write` and `print` is there.
struct ReportFormat {
  /// "--csv", with other names for the same behind commas.
  std::string_view option;
  std::string_view help;
  /// Writes the whole file, or none.
  Result<void> (*write)(const std::filesystem::path& path, const RunReport& run) = nullptr;
  void (*print)(std::ostream& out, const RunReport& run) = nullptr;
};

/// In the order of `layerwatt report --help`, in which files are written.
std::span<const ReportFormat> report_formats();

}  // namespace layerwatt
