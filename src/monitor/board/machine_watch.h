#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"
#include "layerwatt/dataset/run_file.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// A fan, or a clock that the kernel holds down to keep the board cool.
struct CoolingDevice {
  /// "pwm-fan", "cpufreq-cpu0"; a number follows where several have the same.
  std::string name;
  std::int64_t state = 0;
  std::int64_t max_state = 0;
};

/// What a board's kernel tells beside its power.
struct MachineReading {
  MachineState state;
  std::vector<CoolingDevice> cooling;
  /// Event ("oc1") to how often it happened since the machine began (NVIDIA's soctherm_oc).
  std::map<std::string, std::int64_t> over_current;
  /// "2 (15W)"; empty where there is no nvpmodel.
  std::string power_mode;
  /// Absent where nothing tells.
  std::optional<bool> clocks_locked;
};

std::vector<CoolingDevice> read_cooling_devices(const SystemRoot& root);
std::map<std::string, std::int64_t> read_over_current_events(const SystemRoot& root);
/// The watts in the name of a mode: "2 (15W)" and "MODE_15W_6CORE" are 15 W; "MAXN" has none.
std::optional<Watts> budget_of_mode(std::string_view mode);

/// Reads all that at most once a second, whoever asks; mode and locks every ten seconds. Not
/// thread-safe.
class MachineWatch {
 public:
  MachineWatch(SystemRoot root, Board board);
  const MachineReading& read(Instant now);

 private:
  SystemRoot root_;
  Board board_;
  MachineReading reading_;
  std::optional<Instant> read_at_;
  std::optional<Instant> mode_read_at_;
};

}  // namespace layerwatt
