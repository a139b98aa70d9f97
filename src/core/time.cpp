#include "layerwatt/core/time.h"

#include <time.h>

#include <cmath>

namespace layerwatt {
namespace {

Duration read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec);
}

Duration utc_offset_at(Duration utc) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(utc);
  const time_t when = static_cast<time_t>(seconds.count());
  tm local{};
  if (::localtime_r(&when, &local) == nullptr) return Duration(0);
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace

MonotonicClock::time_point MonotonicClock::now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return time_point(std::chrono::seconds(now.tv_sec) + Duration(now.tv_nsec));
}

ClockAnchor read_clock_anchor() {
  constexpr int kAttempts = 5;
  Duration best_width = Duration::max();
  Duration utc{};
  Instant middle{};
  for (int i = 0; i < kAttempts; ++i) {
    const Instant before = MonotonicClock::now();
    const Duration wall = read_clock(CLOCK_REALTIME);
    const Instant after = MonotonicClock::now();
    if (after - before < best_width) {
      best_width = after - before;
      utc = wall;
      middle = before + best_width / 2;
    }
  }
  const Duration offset = utc_offset_at(utc);
  return {middle, LocalTime(utc + offset), offset, (best_width + Duration(1)) / 2};
}

ClockMap::ClockMap(ClockAnchor begin, ClockAnchor end) : begin_(begin), end_(end) {
  const Duration monotonic = end.monotonic - begin.monotonic;
  const Duration local = end.local - begin.local;
  if (monotonic > Duration(0)) {
    rate_minus_one_ =
        static_cast<double>((local - monotonic).count()) / static_cast<double>(monotonic.count());
  }
}

ClockMap ClockMap::identity() {
  const ClockAnchor epoch{};
  return ClockMap(epoch, epoch);
}

LocalTime ClockMap::to_local(Instant t) const {
  const Duration since = t - begin_.monotonic;
  const double correction = rate_minus_one_ * static_cast<double>(since.count());
  return begin_.local + since + Duration(std::llround(correction));
}

Instant ClockMap::to_monotonic(LocalTime t) const {
  const Duration since = t - begin_.local;
  const double correction =
      static_cast<double>(since.count()) * rate_minus_one_ / (1.0 + rate_minus_one_);
  return begin_.monotonic + since - Duration(std::llround(correction));
}

}  // namespace layerwatt
