#include "layerwatt/recording/idle_stretch.h"

#include <algorithm>
#include <thread>

#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/time.h"

namespace layerwatt {

Duration settling_time(std::span<const Rail> rails) {
  constexpr Duration kLeast = std::chrono::seconds(1);
  constexpr Duration kUnknown = std::chrono::milliseconds(2500);
  constexpr Duration kMost = std::chrono::seconds(30);
  constexpr int kTimeConstants = 5;
  Duration longest = kLeast;
  for (const Rail& rail : rails) {
    const auto constant = effective_time_constant(rail.model);
    const bool counter = rail.kind == RailKind::kEnergyCounter;
    const Duration needed = constant ? kTimeConstants * *constant : (counter ? kLeast : kUnknown);
    longest = std::max(longest, needed);
  }
  return std::min(longest, kMost);
}

bool wait_idle(Duration how_long, const Cancellation& cancellation) {
  constexpr Duration kLook = std::chrono::milliseconds(50);
  const Instant until = MonotonicClock::now() + how_long;
  for (;;) {
    if (cancellation.requested()) return false;
    const Duration left = until - MonotonicClock::now();
    if (left <= Duration(0)) return true;
    std::this_thread::sleep_for(std::min(left, kLook));
  }
}

}  // namespace layerwatt
