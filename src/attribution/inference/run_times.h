#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// Run times of each layer, of executions that come in order: as run_times_of_layers() has them.
class RunTimes {
 public:
  /// `runs`: how often each layer ran.
  explicit RunTimes(std::span<const std::int64_t> runs);
  void add(const Execution& execution);
  std::vector<RunTimeStats> stats() const;

 private:
  std::vector<std::vector<Duration>> of_layer_;
};

}  // namespace layerwatt
