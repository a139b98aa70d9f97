#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/result.h"
#include "layerwatt/experiment/characterisation.h"
#include "layerwatt/experiment/switched_load.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The rail of that name; without one the rails of the board's total and the sum registers beside
/// them, else the only rail there is.
Result<std::vector<Rail>> rails_to_characterise(const Board& board,
                                                const std::optional<std::string>& name);

struct CharacteriseOptions {
  /// Of each of the three phases idle, load, idle. Absent: six of the rail's declared time
  /// constants, at least 2 s, at most 30 s; 4 s where none is declared. A last phase, in which the
  /// load goes on and off to keep the register moving, takes three times as long.
  std::optional<Duration> phase;
  /// The clock, and how to wait for it; arguments so that tests can step them.
  std::function<Instant()> now = MonotonicClock::now;
  std::function<void(Instant)> sleep_until = sleep_until_instant;
  /// Told of each phase as it begins: "idle", "load", "idle again", "load on and off".
  std::function<void(std::string_view phase, Duration length)> began;

  static void sleep_until_instant(Instant instant);
};

/// How long the phases of all `rails` take together.
Duration characterise_time(const std::vector<Rail>& rails, const CharacteriseOptions& options);

/// Reads the one rail of `sensor` as fast as is of use while the machine is idle, busy, idle again,
/// and busy on and off. kCancelled where it was stopped; kGone where the sensor vanished.
Result<Characterisation> characterise(Sensor& sensor, SwitchedLoad& load,
                                      const CharacteriseOptions& options, const Cancellation& stop);

/// Opens the rail of that name alone and characterises it.
Result<Characterisation> characterise_rail(const SystemRoot& root, const Board& board,
                                           std::string_view rail, SwitchedLoad& load,
                                           const CharacteriseOptions& options,
                                           const Cancellation& stop);

}  // namespace layerwatt
