#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/monitor/monitor_source.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// What is served, where, and to whom.
struct ServeOptions {
  OpenSource open;
  /// Where temperatures, clocks and the power mode are read.
  SystemRoot root;
  /// From reading to reading; absent: as often as the sensors' filters ask for, 50 ms on a stock
  /// Jetson.
  std::optional<Duration> period;
  /// "HOST:PORT"; the socket that systemd passed goes before it. Empty: no server, a text file
  /// alone.
  std::string listen = ":8000";
  /// PEM files; both or none.
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  /// "user:hash" a line; empty: everyone may read.
  std::filesystem::path password_file;
  /// Result folders of `layerwatt measure`, in which running measurements are looked for.
  std::vector<std::filesystem::path> run_folders;
  std::optional<Watts> power_budget;
  /// Where counters are kept from one service to the next of the same boot; empty: they begin at 0.
  std::filesystem::path state_file;
  /// Folder of node_exporter's textfile collector, for layerwatt.prom; empty: none.
  std::filesystem::path text_folder;
};

/// What is known once it serves.
struct ServeBeginning {
  /// "http://[::]:8000/metrics"; empty without a server.
  std::string url;
  std::string board;
  std::vector<Rail> rails;
  std::vector<std::string> total;
  std::string total_reason;
  Duration period{0};
  bool is_virtual = false;
};

/// Reads the board and answers GET /metrics until `stop`. `ready` is called once it serves. Errors:
/// those of opening the sensors, of listening, and of the files named.
Result<void> serve(const ServeOptions& options, const Cancellation& stop,
                   const std::function<void(const ServeBeginning&)>& ready);

}  // namespace layerwatt
