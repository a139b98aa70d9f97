#pragma once

#include <chrono>
#include <cstdint>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// The one clock of samples and timelines: CLOCK_MONOTONIC, which is also what absolute sleeps
/// (clock_nanosleep) run on. It is slewed by NTP, never stepped, and the same in all processes.
struct MonotonicClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};

/// A moment on the monotonic clock.
using Instant = MonotonicClock::time_point;

constexpr Instant instant_from_ns(std::int64_t ns) { return Instant(Duration(ns)); }
constexpr std::int64_t to_ns(Instant t) { return t.time_since_epoch().count(); }

/// Local civil time as it stands in text files ("20241121-05:20:04.261448"): nanoseconds since
/// 1970-01-01 00:00 of the same unnamed time zone. Only differences within one file mean anything.
struct LocalClockTag {};
using LocalTime = std::chrono::time_point<LocalClockTag, Duration>;

constexpr LocalTime local_time_from_ns(std::int64_t ns) { return LocalTime(Duration(ns)); }
constexpr std::int64_t to_ns(LocalTime t) { return t.time_since_epoch().count(); }

/// The same moment on both clocks. The wall clock was read between two readings of the monotonic
/// clock, half of whose distance is the uncertainty.
struct ClockAnchor {
  Instant monotonic;
  LocalTime local;
  Duration utc_offset{0};
  Duration uncertainty{0};
};

/// Reads both clocks; the tightest of several attempts.
ClockAnchor read_clock_anchor();

/// Converts between monotonic and local time by the line through two anchors (at the beginning and
/// at the end of a recording), so that slewing and small steps of the wall clock spread evenly.
class ClockMap {
 public:
  /// With two equal or reversed anchors the first alone is used, at rate 1.
  ClockMap(ClockAnchor begin, ClockAnchor end);
  /// For files without a monotonic clock: local time taken as monotonic time, unchanged.
  static ClockMap identity();

  LocalTime to_local(Instant t) const;
  Instant to_monotonic(LocalTime t) const;
  const ClockAnchor& begin() const { return begin_; }
  const ClockAnchor& end() const { return end_; }

 private:
  ClockAnchor begin_;
  ClockAnchor end_;
  /// Local nanoseconds per monotonic nanosecond, minus one: about 1e-6, kept apart to save digits.
  double rate_minus_one_ = 0.0;
};

}  // namespace layerwatt
