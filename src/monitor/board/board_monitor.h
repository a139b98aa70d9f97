#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/monitor/monitor_source.h"

#include "monitor/board/board_reading.h"
#include "monitor/board/counter_state.h"

namespace layerwatt {

struct BoardMonitorOptions {
  /// From reading to reading; absent: what the sensors' filters ask for (choose_monitor_period()).
  std::optional<Duration> period;
  /// While rails are missing, how often they are looked for.
  Duration reopen_every = std::chrono::seconds(1);
  /// What an earlier monitor of this boot counted, to go on from; the time since then is
  /// unmeasured.
  std::optional<CounterState> resume = std::nullopt;
};

/// Reads a board's rails in a thread of its own, by the recorder's loop, and integrates their
/// power. Rails that vanish are looked for and go on where they left off.
class BoardMonitor {
 public:
  /// Opens the source once here, so that its error is the caller's.
  static Result<std::unique_ptr<BoardMonitor>> start(OpenSource open,
                                                     const BoardMonitorOptions& options);
  /// Stops the thread; takes up to a period.
  ~BoardMonitor();
  BoardMonitor(const BoardMonitor&) = delete;
  BoardMonitor& operator=(const BoardMonitor&) = delete;

  // What stays as it is while the monitor lives.
  const Board& board() const;
  std::span<const Rail> rails() const;
  /// Indexes into rails(); empty: no total is known, and total_reason() says why.
  std::span<const std::size_t> total() const;
  const std::string& total_reason() const;
  bool is_virtual() const;
  /// 0 where the sensor sets the pace.
  Duration period() const;

  /// Now, from any thread; never makes the sampler wait. Of rails that have not been read for
  /// longer than a gap, power, voltage and current are absent and `unmeasured` goes on rising.
  BoardReading read() const;

 private:
  struct State;
  explicit BoardMonitor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Often enough for the energy to be right: 50 ms behind a filter that remembers over 0.1 s or a
/// counter, as fast as it converts (1 ms at most) for a sensor without one, 50 ms where nothing is
/// known of it. The shortest over all rails.
Duration choose_monitor_period(std::span<const Rail> rails);

}  // namespace layerwatt
