#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/report/report_page.h"
#include "layerwatt/report/trace_file.h"

namespace layerwatt {

/// What a report, a trace and tables are made from.
struct RunReport {
  Report report;
  /// Every rail of the recording; empty where it has none.
  std::vector<PowerTrace> rails;
  /// Temperatures and clocks, before and after the run.
  std::vector<TraceCounter> counters;
};

/// Loads `run`: a model's folder of a raw dataset (ours or another's), a raw dataset of one model,
/// a folder with a layer_profile.json, or such a file. The profile is taken from `profile_file`
/// where it is given, else from a layer_profile.json in the folder, else solved for from the
/// recording; a recording without power gives run times alone, and says so.
Result<RunReport> load_run_report(const std::filesystem::path& run,
                                  const std::optional<std::filesystem::path>& profile_file);

}  // namespace layerwatt
