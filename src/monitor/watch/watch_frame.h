#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

#include "monitor/board/board_monitor.h"
#include "monitor/board/board_reading.h"
#include "monitor/board/machine_watch.h"
#include "monitor/board/run_watch.h"

namespace layerwatt {

/// Mean power of each tick, the newest last; absent where nothing was read.
using PowerHistory = std::deque<std::optional<double>>;

/// A rail, or the total, as shown.
struct WatchedPower {
  std::string name;
  bool in_total = false;
  /// Mean since the last tick.
  std::optional<Watts> power;
  std::optional<Volts> voltage;
  std::optional<Amperes> current;
  /// Since the view began, or was set back.
  Joules energy;
  Duration unmeasured{0};
  PowerHistory history;
};

/// All that is shown at one tick.
struct WatchFrame {
  std::string board;
  bool is_virtual = false;
  /// Seconds of Unix time.
  double unix_seconds = 0.0;
  /// Since the view began, or was set back.
  Duration elapsed{0};
  Duration interval{0};
  /// Absent where no total is known.
  std::optional<WatchedPower> total;
  std::string no_total_reason;
  std::vector<WatchedPower> rails;
  MachineReading machine;
  std::optional<RunningMeasurement> measurement;
  SamplerTally sampler;
  bool is_paused = false;
};

/// Makes frames of what a monitor reads, tick by tick. Not thread-safe.
class FrameMaker {
 public:
  /// `monitor` outlives it.
  FrameMaker(const BoardMonitor& monitor, SystemRoot root,
             std::vector<std::filesystem::path> run_folders, Duration interval);

  /// A tick: takes what is read now.
  const WatchFrame& tick();
  /// Energy and time count from now on.
  void set_back();
  void set_interval(Duration interval) { frame_.interval = interval; }
  void pause(bool paused) { frame_.is_paused = paused; }
  const WatchFrame& frame() const { return frame_; }

 private:
  /// Ticks that are remembered.
  static constexpr std::size_t kRemembered = 600;
  struct Before {
    Instant when;
    std::vector<Joules> energies;
  };
  void take_rail(std::size_t rail, const BoardReading& reading);
  void take_total(const BoardReading& reading);

  const BoardMonitor& monitor_;
  MachineWatch machine_;
  RunWatch runs_;
  WatchFrame frame_;
  /// At the last tick, and when counting began.
  std::optional<Before> last_;
  Before begin_;
};

}  // namespace layerwatt
