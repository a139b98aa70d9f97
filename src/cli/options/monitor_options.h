#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/units.h"
#include "layerwatt/monitor/monitor_source.h"
#include "layerwatt/recording/recorder_options.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// The options by which `serve` and `watch` choose what they read.
struct MonitorOptions {
  /// Its sensor and root: where to look, and for what.
  RecorderOptions recorder;
  std::vector<std::string> rails;
  std::optional<Duration> period;
  std::vector<std::string> runs{"raw_data"};

  struct Source {
    OpenSource open;
    SystemRoot root;
  };

  /// Declares them; `this` must outlive the parsing.
  void declare(App& app);
  /// What was parsed. kInvalidArgument for a sensor that does not exist.
  Result<Source> resolve() const;
};

}  // namespace layerwatt::cli
