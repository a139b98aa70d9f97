#pragma once

#include <optional>
#include <span>
#include <string>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"
#include "layerwatt/sensors/board.h"

#include "monitor/board/board_reading.h"
#include "monitor/board/machine_watch.h"
#include "monitor/board/run_watch.h"
#include "monitor/exposition/metric_table.h"

namespace layerwatt {

/// What an exported board is, apart from its readings.
struct ExportedBoard {
  const Board& board;
  std::span<const Rail> rails;
  std::span<const std::size_t> total;
  Duration period{0};
};

/// Unix time of an instant, by one look at both clocks: a wall clock that is set meanwhile moves
/// it.
class WallClock {
 public:
  WallClock();
  WallClock(Instant monotonic, double unix_seconds)
      : monotonic_(monotonic), unix_seconds_(unix_seconds) {}
  double unix_seconds(Instant t) const { return unix_seconds_ + to_seconds(t - monotonic_); }

 private:
  Instant monotonic_;
  double unix_seconds_ = 0.0;
};

void add_board_metrics(const ExportedBoard& board, const BoardReading& reading,
                       const WallClock& clock, MetricSet& metrics);
void add_machine_metrics(const MachineReading& machine, std::optional<Watts> budget,
                         MetricSet& metrics);
void add_measurement_metrics(const std::optional<RunningMeasurement>& running, MetricSet& metrics);

}  // namespace layerwatt
