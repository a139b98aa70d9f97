#pragma once

#include <cstdint>
#include <vector>

#include "layerwatt/core/execution_source.h"
#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// Seconds of all passes, and those of them in which an earlier one still ran.
struct PassTimes {
  double all = 0.0;
  double shared = 0.0;
};

/// What is asked of the executions of a timeline before they are taken up as a load.
struct TimelineLook {
  std::int64_t executions = 0;
  /// One more than the highest pass.
  std::int32_t passes = 0;
  /// Begin of the first execution, and the latest end.
  Instant first;
  Instant last;
  /// Of each pass, whether a layer of it was recorded.
  std::vector<bool> has_layers;
  /// How often each layer ran.
  std::vector<std::int64_t> runs;
  PassTimes pass_times;
};

/// Executions in order, as validate() wants them.
class TimelineLooker {
 public:
  explicit TimelineLooker(std::size_t layers) { look_.runs.assign(layers, 0); }
  void add(const Execution& execution);
  TimelineLook take();

 private:
  struct Span {
    Instant begin = Instant::max();
    Instant end = Instant::min();
  };
  TimelineLook look_;
  /// Of each pass.
  std::vector<Span> spans_;
};

/// Goes through the executions once, and checks them as validate() does.
Result<TimelineLook> look_over(const Timeline& timeline, const ExecutionSource& executions);
/// Of a valid timeline in memory.
TimelineLook look_over(const Timeline& timeline);

}  // namespace layerwatt
