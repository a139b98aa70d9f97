#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What is known of one rail now. Counts and energy are since the monitor began and never fall.
struct RailReading {
  /// Middle of the last read that succeeded; absent before the first.
  std::optional<Instant> last;
  /// Of that read; absent where the rail has no such value, or cannot be read now.
  std::optional<Watts> power;
  std::optional<Volts> voltage;
  std::optional<Amperes> current;
  Joules energy;
  /// Time that is in no joule of `energy`.
  Duration unmeasured{0};
  std::int64_t readings = 0;
  std::int64_t busy = 0;
  std::int64_t disabled = 0;
  std::int64_t garbage = 0;
  std::int64_t implausible = 0;
  std::int64_t gone = 0;
};

/// What the sampler did, since the monitor began.
struct SamplerTally {
  std::int64_t ticks = 0;
  std::int64_t late = 0;
  std::int64_t lost = 0;
  /// How late the last tick began.
  Duration lateness{0};
};

/// A board at one moment: its rails in the order of BoardMonitor::rails().
struct BoardReading {
  Instant when;
  std::vector<RailReading> rails;
  /// Sum over the rails of the total; the power is absent while one of them cannot be read, and
  /// both are where no total is known.
  std::optional<Watts> power;
  std::optional<Joules> energy;
  SamplerTally sampler;
};

}  // namespace layerwatt
