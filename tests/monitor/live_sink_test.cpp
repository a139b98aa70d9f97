#include "monitor/board/live_sink.h"

#include <gtest/gtest.h>

#include "layerwatt/sensors/sensor.h"

namespace layerwatt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Rail rail(const std::string& name) {
  Rail made;
  made.name = name;
  made.kind = RailKind::kPower;
  return made;
}

PowerRecord reading(int of_rail, double at_seconds, std::int64_t microwatts) {
  const std::int64_t at = to_ns(instant_from_ns(0) + from_seconds(at_seconds));
  return {
      at, at, microwatts, kNoValue64, kNoValue32, kNoValue32, static_cast<std::int16_t>(of_rail),
      0,  0};
}

struct Fixture {
  std::optional<Duration> asleep = Duration(0);
  LiveSink sink{
      {rail("a"), rail("b")}, milliseconds(100), instant_from_ns(0), [this] { return asleep; }};
  Fixture() { sink.expect({0, 1}); }
  void tick(double at) {
    sink.begin_tick({});
    ASSERT_TRUE(sink.append(reading(0, at, 1'000'000)));
    ASSERT_TRUE(sink.append(reading(1, at, 2'000'000)));
  }
};

TEST(LiveSink, KeepsRailsApart) {
  Fixture fixture;
  for (int i = 0; i <= 10; ++i) fixture.tick(0.1 * i);
  EXPECT_NEAR(fixture.sink.reading(0).energy.value(), 1.0, 1e-9);
  EXPECT_NEAR(fixture.sink.reading(1).energy.value(), 2.0, 1e-9);
  EXPECT_EQ(fixture.sink.tally().ticks, 11);
}

TEST(LiveSink, FindsRailsAgainThatReturnInAnotherOrder) {
  Fixture fixture;
  fixture.tick(0.0);
  fixture.tick(0.1);
  fixture.sink.expect({1});
  ASSERT_TRUE(fixture.sink.append(reading(0, 0.2, 2'000'000)));
  EXPECT_NEAR(fixture.sink.reading(0).energy.value(), 0.1, 1e-9);
  EXPECT_NEAR(fixture.sink.reading(1).energy.value(), 0.4, 1e-9);
}

TEST(LiveSink, CountsASleepOfTheMachineAsUnmeasured) {
  Fixture fixture;
  fixture.tick(0.0);
  fixture.tick(0.1);
  fixture.asleep = std::nullopt;  // not known this time
  fixture.tick(0.2);
  fixture.asleep = Duration(seconds(600));
  fixture.tick(0.3);
  fixture.tick(0.4);
  EXPECT_NEAR(fixture.sink.reading(0).energy.value(), 0.3, 1e-9);
  EXPECT_NEAR(to_seconds(fixture.sink.reading(0).unmeasured), 600.1, 1e-9);
}

TEST(LiveSink, TakesTwoClocksThatDifferALittleForNoSleep) {
  Fixture fixture;
  for (int i = 0; i <= 10; ++i) {
    fixture.asleep = Duration(milliseconds(i % 2 == 0 ? 0 : 5));
    fixture.tick(0.1 * i);
  }
  EXPECT_EQ(fixture.sink.reading(0).unmeasured, Duration(0));
}

TEST(LiveSink, CountsLateAndLostTicks) {
  Fixture fixture;
  fixture.sink.begin_tick({0, Duration(0), false, 0});
  fixture.sink.begin_tick({4, milliseconds(20), true, 3});
  const SamplerTally tally = fixture.sink.tally();
  EXPECT_EQ(tally.ticks, 2);
  EXPECT_EQ(tally.late, 1);
  EXPECT_EQ(tally.lost, 3);
  EXPECT_EQ(tally.lateness, Duration(milliseconds(20)));
}

TEST(TimeAsleep, IsTheSameAtOnce) {
  const auto first = time_asleep();
  const auto second = time_asleep();
  if (!first || !second) GTEST_SKIP() << "the machine is too busy to read two clocks at once";
  EXPECT_LT(to_seconds(*second - *first), 0.1);
}

}  // namespace
}  // namespace layerwatt
