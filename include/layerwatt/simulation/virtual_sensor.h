#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"
#include "layerwatt/sensors/board.h"
#include "layerwatt/sensors/sensor.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt {

/// A load that comes and goes: `above_idle` for `length`, `every` so often, idle between.
struct BurstLoad {
  Watts above_idle;
  Duration length = std::chrono::milliseconds(250);
  Duration every = std::chrono::seconds(2);

  /// Of that load alone, without idle.
  Watts mean() const { return above_idle * (to_seconds(length) / to_seconds(every)); }
};

/// A burst as heavy as the heaviest layers of the board.
BurstLoad usual_bursts(const VirtualBoard& board);

/// What the rail draws in the mean under that load; nullopt for a rail the board does not have.
std::optional<Watts> true_mean_power(const VirtualBoard& board, const BurstLoad& load,
                                     std::string_view rail);

/// The chips of a virtual board in this process, whose registers show at each read what they would
/// at that moment by `now`, read after read. Exact, without drift and without an offset of the
/// sensor, so that true_mean_power() is the truth of what it shows. Not thread-safe.
std::unique_ptr<Sensor> open_virtual_sensor(const VirtualBoard& board, const BurstLoad& load,
                                            std::uint64_t seed, std::function<Instant()> now);

/// The board as detect_board() would tell of it: named, known and virtual; no sensors are listed.
Board describe_virtual_board(const VirtualBoard& board);

}  // namespace layerwatt
