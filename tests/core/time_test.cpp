#include "layerwatt/core/time.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::seconds;

ClockAnchor anchor(std::int64_t monotonic_ns, std::int64_t local_ns) {
  return {instant_from_ns(monotonic_ns), local_time_from_ns(local_ns), Duration(0), Duration(0)};
}

constexpr std::int64_t kHour = 3'600'000'000'000;
constexpr std::int64_t kWallBegin = 1'732'166'404'261'448'000;

TEST(MonotonicClock, NeverRunsBackwards) {
  Instant last = MonotonicClock::now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = MonotonicClock::now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ReadClockAnchor, LiesBetweenTheReadingsAroundIt) {
  const Instant before = MonotonicClock::now();
  const ClockAnchor read = read_clock_anchor();
  const Instant after = MonotonicClock::now();
  EXPECT_GE(read.monotonic, before);
  EXPECT_LE(read.monotonic, after);
  EXPECT_GE(read.uncertainty, Duration(0));
  EXPECT_LE(read.uncertainty, after - before);
  EXPECT_LE(read.utc_offset, hours(14));
  EXPECT_GE(read.utc_offset, -hours(12));
  EXPECT_GT(read.local, local_time_from_ns(1'700'000'000'000'000'000));
}

TEST(ClockMap, MeetsBothAnchors) {
  // The wall clock gains 36 ms in an hour: 10 ppm.
  const ClockAnchor begin = anchor(5'000, kWallBegin);
  const ClockAnchor end = anchor(5'000 + kHour, kWallBegin + kHour + 36'000'000);
  const ClockMap map(begin, end);
  EXPECT_EQ(map.to_local(begin.monotonic), begin.local);
  EXPECT_EQ(map.to_local(end.monotonic), end.local);
  EXPECT_EQ(map.to_monotonic(begin.local), begin.monotonic);
  EXPECT_EQ(map.to_monotonic(end.local), end.monotonic);
}

TEST(ClockMap, SpreadsDriftEvenly) {
  const ClockMap map(anchor(0, kWallBegin), anchor(kHour, kWallBegin + kHour + 36'000'000));
  EXPECT_EQ(to_ns(map.to_local(instant_from_ns(kHour / 2))), kWallBegin + kHour / 2 + 18'000'000);
}

TEST(ClockMap, GoesThereAndBackWithinANanosecond) {
  const ClockMap map(anchor(0, kWallBegin), anchor(kHour, kWallBegin + kHour - 123'456'789));
  for (std::int64_t ns = -kHour; ns <= 2 * kHour; ns += 987'654'321'987) {
    const Instant back = map.to_monotonic(map.to_local(instant_from_ns(ns)));
    EXPECT_LE(std::abs(to_ns(back) - ns), 1) << ns;
  }
}

TEST(ClockMap, WithOneAnchorRunsAtRateOne) {
  const ClockAnchor only = anchor(1'000, kWallBegin);
  const ClockMap map(only, only);
  EXPECT_EQ(to_ns(map.to_local(instant_from_ns(1'000 + kHour))), kWallBegin + kHour);
  EXPECT_EQ(to_ns(map.to_monotonic(local_time_from_ns(kWallBegin - kHour))), 1'000 - kHour);
}

TEST(ClockMap, IgnoresAnEndBeforeItsBegin) {
  const ClockMap map(anchor(kHour, kWallBegin), anchor(0, kWallBegin + kHour));
  EXPECT_EQ(to_ns(map.to_local(instant_from_ns(kHour + 5))), kWallBegin + 5);
}

TEST(ClockMap, IdentityChangesNothing) {
  const ClockMap map = ClockMap::identity();
  EXPECT_EQ(to_ns(map.to_local(instant_from_ns(kWallBegin))), kWallBegin);
  EXPECT_EQ(to_ns(map.to_monotonic(local_time_from_ns(kWallBegin))), kWallBegin);
}

}  // namespace
}  // namespace layerwatt
