#pragma once

#include <filesystem>
#include <optional>
#include <ostream>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/monitor/monitor_source.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// How a live view is shown.
enum class WatchFormat {
  kScreen,  ///< the whole terminal; plain lines where that cannot be
  kLines,   ///< a line a tick, for people
  kJson,    ///< a JSON object a line a tick
  kCsv,     ///< a header, and a row a tick
};

struct WatchOptions {
  OpenSource open;
  /// Where temperatures, clocks and the power mode are read.
  SystemRoot root;
  /// From reading to reading; absent: what the sensors ask for.
  std::optional<Duration> period;
  /// From tick to tick of what is shown.
  Duration interval = std::chrono::seconds(1);
  /// Absent: until a person ends it.
  std::optional<Duration> duration;
  std::vector<std::filesystem::path> run_folders;
  WatchFormat format = WatchFormat::kScreen;
  bool color = false;
  /// No character beyond ASCII.
  bool ascii = false;
};

/// Shows the board until `stop`, the end of the duration, or the key q. Errors: those of opening
/// the sensors; of output that nobody reads any more, the stream tells.
Result<void> watch(const WatchOptions& options, const Cancellation& stop, std::ostream& out);

}  // namespace layerwatt
