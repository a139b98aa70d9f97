#pragma once

#include <cstdint>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// The arithmetic of absolute deadlines: tick k is due at first + k·period, whatever became of the
/// ticks before it, so that a late tick does not delay the next.
class Pacer {
 public:
  /// A period of 0 means that each tick is due as soon as the last is over.
  Pacer(Instant first, Duration period) : deadline_(first), period_(period) {}

  struct Tick {
    std::uint32_t number = 0;
    /// How long after its deadline the tick began; 0 without a period.
    Duration lateness{0};
    /// Ticks before this one whose whole period passed without them.
    std::uint32_t lost = 0;
  };

  /// When the next tick is due.
  Instant deadline() const { return deadline_; }
  /// The tick that begins at `now`, which is not before deadline(): the last one due by then.
  Tick begin(Instant now) noexcept;

  /// Ticks that were due before `end` and for which no time was left, as none has begun since. 0
  /// without a period.
  std::uint32_t missed_before(Instant end) const noexcept;

  /// A tick that begins later than this part of a period after its deadline counts as late.
  static constexpr int kLatePart = 10;
  bool is_late(const Tick& tick) const { return tick.lateness * kLatePart > period_; }

 private:
  Instant deadline_;
  Duration period_;
  std::uint32_t next_ = 0;
};

}  // namespace layerwatt
