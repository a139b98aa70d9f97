#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/experiment/isolate_options.h"
#include "layerwatt/experiment/isolation.h"
#include "layerwatt/recording/recorder.h"

namespace layerwatt {

/// The names that the published program takes from tegrastats by default.
std::vector<std::string> published_rails();

/// What the statistics by mode are of.
struct StatsNames {
  std::vector<std::string> rails;
  /// Numbers of tegrastats that are no power (fields_of).
  std::vector<std::string> fields;
  /// Which of the published names are not there, in a sentence; empty where all are.
  std::string note;
};

/// Names of the fields that the board's tegrastats prints, where it is the sensor; else none.
Result<std::vector<std::string>> fields_there(const RecorderOptions& recorder);

/// Those asked for, which must be there; else the published ones that are there, with all rails
/// where none of those is a rail. A name that is both is the rail.
Result<StatsNames> choose_stats_names(const IsolateOptions& options,
                                      const std::vector<std::string>& rails,
                                      const std::vector<std::string>& fields);

/// Writes the statistics of a measurement that ran whole. `filter`: the time constant of a rail's
/// averaging filter.
Result<void> write_isolated_stats(
    const IsolateOptions& options, const StatsNames& names, const Isolation& isolation,
    const std::function<std::optional<Duration>(const Rail&)>& filter);

}  // namespace layerwatt
