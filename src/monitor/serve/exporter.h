#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"
#include "layerwatt/sensors/sensor.h"

#include "monitor/board/board_monitor.h"
#include "monitor/board/machine_watch.h"
#include "monitor/board/run_watch.h"
#include "monitor/exposition/board_metrics.h"
#include "monitor/exposition/text_format.h"
#include "monitor/http/http_server.h"

namespace layerwatt {

/// Beside the board that is read.
struct ExporterOptions {
  /// Where temperatures, clocks and the power mode are read.
  SystemRoot root;
  /// Result folders in which running measurements are looked for.
  std::vector<std::filesystem::path> run_folders;
  std::optional<Watts> power_budget;
  /// When the counters began, in seconds of Unix time; absent: now.
  std::optional<double> began_unix_seconds = std::nullopt;
  /// A look at the wall clock, which NTP or a person may set at any time.
  std::function<WallClock()> wall_clock = [] { return WallClock(); };
};

/// Makes the text that is scraped. Thread-safe; its lock is held by those who scrape, never by the
/// sampler.
class Exporter {
 public:
  /// `monitor` outlives it.
  Exporter(const BoardMonitor& monitor, const ExporterOptions& options);

  std::string render(TextFormat format);
  /// Looks for a running measurement; about once a second.
  void look_for_runs();
  /// GET and HEAD of "/metrics", "/" and "/-/healthy"; 404 and 405 for others.
  HttpAnswer answer(const HttpRequest& request);
  /// When the counters began, in seconds of Unix time.
  double began_unix_seconds();

 private:
  const BoardMonitor& monitor_;
  std::optional<Watts> budget_;
  std::function<WallClock()> wall_clock_;
  Instant begin_;
  std::mutex mutex_;
  MachineWatch machine_;
  RunWatch runs_;
  /// Kept while the wall clock agrees, so that counters do not seem to begin anew.
  double began_unix_seconds_ = 0.0;
  /// Seconds for which an earlier service had counted.
  double counted_before_ = 0.0;
  std::optional<Duration> asleep_at_begin_;
  std::size_t last_size_ = 0;
};

}  // namespace layerwatt
