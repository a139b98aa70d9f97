#include "layerwatt/sensors/replay_sensor.h"

#include <gtest/gtest.h>

#include <array>

namespace layerwatt {
namespace {

Instant g_now;
Instant fake_now() { return g_now; }

PowerTrace three_samples() {
  PowerTrace trace;
  trace.rail.name = "VDD_IN";
  trace.rail.sensor = "ina3221-hwmon";
  trace.rail.is_virtual = true;
  for (int i = 0; i < 3; ++i) {
    trace.before.push_back(instant_from_ns(1000 + 100 * i));
    trace.after.push_back(instant_from_ns(1010 + 100 * i));
    trace.voltage.push_back(volts(5.0));
    trace.current.push_back(milliamperes(-8.0 + 400.0 * i));
    trace.power.push_back(trace.voltage.back() * trace.current.back());
  }
  return trace;
}

Reading read_at(Sensor& sensor, std::int64_t ns) {
  g_now = instant_from_ns(ns);
  std::array<Reading, 1> out{};
  sensor.read(out);
  return out[0];
}

TEST(ReplaySensor, ShowsWhatTheRecordingShowedAtTheSameAge) {
  auto sensor = make_replay_sensor({three_samples()}, {false, fake_now});
  ASSERT_TRUE(sensor);
  EXPECT_EQ((*sensor)->rails()[0].sensor, "replay");
  EXPECT_TRUE((*sensor)->rails()[0].is_virtual);
  EXPECT_EQ(read_at(**sensor, 50'000).current_ua, -8'000);
  EXPECT_EQ(read_at(**sensor, 50'109).current_ua, -8'000);
  const Reading second = read_at(**sensor, 50'110);
  EXPECT_EQ(second.current_ua, 392'000);
  EXPECT_EQ(second.voltage_uv, 5'000'000);
  EXPECT_EQ(second.power_uw, 1'960'000);
  EXPECT_EQ(second.energy_uj, kNoValue64);
  EXPECT_EQ(to_ns(second.before), 50'110);
  EXPECT_EQ(read_at(**sensor, 50'210).current_ua, 792'000);
  EXPECT_EQ(read_at(**sensor, 50'211).status, ReadStatus::kGone);
}

TEST(ReplaySensor, BeginsAgainWhereAsked) {
  auto sensor = make_replay_sensor({three_samples()}, {true, fake_now});
  ASSERT_TRUE(sensor);
  EXPECT_EQ(read_at(**sensor, 50'000).current_ua, -8'000);
  EXPECT_EQ(read_at(**sensor, 50'210).current_ua, 792'000);
  EXPECT_EQ(read_at(**sensor, 50'300).current_ua, -8'000);
  EXPECT_EQ(read_at(**sensor, 50'410).current_ua, 392'000);
}

TEST(ReplaySensor, RefusesAnEmptyRecording) {
  EXPECT_FALSE(make_replay_sensor({}));
  PowerTrace empty;
  empty.rail.name = "VDD_IN";
  const auto sensor = make_replay_sensor({empty});
  ASSERT_FALSE(sensor);
  EXPECT_NE(sensor.error().message().find("VDD_IN"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
