#include "layerwatt/core/reading.h"

#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

Reading at(Duration when) { return {.before = Instant(when), .after = Instant(when + 100us)}; }

Rail rail_of(RailKind kind) {
  Rail rail;
  rail.kind = kind;
  return rail;
}

TEST(Reading, BeginsWithoutAnyValue) {
  const Reading reading;
  EXPECT_EQ(reading.power_uw, kNoValue64);
  EXPECT_EQ(reading.current_ua, kNoValue32);
  EXPECT_FALSE(power_of(reading));
}

TEST(Reading, HasThePowerOfItsVoltsAndAmperesUnlessTheDriverSaysWatts) {
  Reading reading = at(1ms);
  reading.voltage_uv = 5'000'000;
  reading.current_ua = 2'000'000;
  EXPECT_DOUBLE_EQ(power_of(reading)->value(), 10.0);
  reading.power_uw = 9'990'000;
  EXPECT_DOUBLE_EQ(power_of(reading)->value(), 9.99);
  reading.status = ReadStatus::kTryAgain;
  EXPECT_FALSE(power_of(reading));
}

TEST(TraceOf, LeavesOutWhatFailedAndWhatLacksAValue) {
  std::vector<Reading> readings{at(1ms), at(2ms), at(3ms)};
  for (Reading& reading : readings) {
    reading.voltage_uv = 5'000'000;
    reading.current_ua = 1'000'000;
  }
  readings[1].status = ReadStatus::kGarbage;
  readings[2].current_ua = kNoValue32;
  const PowerTrace trace = trace_of(rail_of(RailKind::kVoltageCurrent), readings);
  ASSERT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace.before[0], Instant(1ms));
  EXPECT_DOUBLE_EQ(trace.power[0].value(), 5.0);
  EXPECT_TRUE(validate(trace));
}

TEST(TraceOf, UnwrapsACounterAndCountsFromItsFirstReading) {
  Rail rail = rail_of(RailKind::kEnergyCounter);
  rail.counter_range = microjoules(1000);
  std::vector<Reading> readings{at(1ms), at(2ms), at(3ms)};
  readings[0].energy_uj = 900;
  readings[1].energy_uj = 950;
  readings[2].energy_uj = 10;
  const PowerTrace trace = trace_of(rail, readings);
  ASSERT_EQ(trace.energy.size(), 3U);
  EXPECT_DOUBLE_EQ(in_microjoules(trace.energy[0]), 0.0);
  EXPECT_DOUBLE_EQ(in_microjoules(trace.energy[1]), 50.0);
  EXPECT_DOUBLE_EQ(in_microjoules(trace.energy[2]), 110.0);
}

TEST(TraceOf, KnowsNothingOfTheStepOfACounterThatWasReset) {
  std::vector<Reading> readings{at(1ms), at(2ms), at(3ms)};
  readings[0].energy_uj = 900;
  readings[1].energy_uj = 10;
  readings[2].energy_uj = 30;
  const PowerTrace trace = trace_of(rail_of(RailKind::kEnergyCounter), readings);
  EXPECT_DOUBLE_EQ(in_microjoules(trace.energy[2]), 20.0);
}

}  // namespace
}  // namespace layerwatt
