#include "layerwatt/experiment/power_log_of_tegrastats.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/recording/run_files.h"

namespace layerwatt {

Result<void> write_power_log_of_tegrastats(const std::filesystem::path& path,
                                           const TegrastatsLog& log, const std::string& rail,
                                           const std::optional<LocalTime>& begin) {
  const auto first = begin ? begin : log.begin;
  if (!first) {
    return Error(ErrorCode::kInvalidArgument,
                 "the lines carry no date (JetPack 4 prints none): say when the first one was "
                 "printed, --begin YYYYMMDD-HH:MM:SS");
  }
  // Instants of a log count from its first line.
  const ClockAnchor anchor{Instant(), *first, Duration(0), Duration(0)};
  std::vector<std::string_view> names;
  for (const PowerTrace& trace : log.traces) {
    if (trace.rail.name == rail) return write_power_log(path, trace, ClockMap(anchor, anchor));
    names.push_back(trace.rail.name);
  }
  const auto meant = nearest_name(rail, names);
  return Error(ErrorCode::kNotFound,
               fmt::format("the log has no rail '{}'{}; it has {}", rail,
                           meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                           fmt::join(names, ", ")));
}

}  // namespace layerwatt
