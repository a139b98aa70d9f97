#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/timeline.h"

#include "attribution/model/timeline_look.h"
#include "attribution/published/samples_in_turn.h"

namespace layerwatt {

/// What window_powers() says, of executions that come in order.
class WindowMeans {
 public:
  /// Takes of the trace what it needs. `look` is of the same executions.
  WindowMeans(const PowerTrace& total, Schedule schedule, const TimelineLook& look);
  WindowMeans(const WindowMeans&) = delete;
  WindowMeans& operator=(const WindowMeans&) = delete;

  void add(const Execution& execution);
  /// Gives the readings back once all executions have come.
  void forget_readings();
  std::vector<std::optional<Watts>> powers(Watts idle) const;

 private:
  struct Waiting {
    double milliseconds = 0.0;
    Instant end;
  };
  void add_in_turn(const Execution& execution);
  void add_by_itself(const Execution& execution);

  /// Layers run once a pass, in their order: what the published mapping relies on.
  bool in_turn_;
  bool has_power_;
  std::vector<Instant> when_;
  /// Microwatts in turn, watts else.
  std::vector<double> power_;
  SamplesInTurn samples_;
  /// What of a pass has come; and of how many layers nothing has, or never will.
  std::vector<std::deque<Waiting>> waiting_;
  std::size_t missing_ = 0;
  std::size_t sample_ = 0;
  std::vector<double> sum_;
  std::vector<std::int64_t> with_power_;
};

}  // namespace layerwatt
