#include "attribution/inference/run_times.h"

namespace layerwatt {

RunTimes::RunTimes(std::span<const std::int64_t> runs) : of_layer_(runs.size()) {
  for (std::size_t l = 0; l < runs.size(); ++l) {
    of_layer_[l].reserve(static_cast<std::size_t>(runs[l]));
  }
}

void RunTimes::add(const Execution& execution) { add_run_times(execution, of_layer_); }

std::vector<RunTimeStats> RunTimes::stats() const {
  std::vector<RunTimeStats> stats;
  for (const auto& times : of_layer_) stats.push_back(run_time_stats(times));
  return stats;
}

}  // namespace layerwatt
