#include "attribution/checks/stuck_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::made_readings;
using testing::set_watts;

void stick(CheckedReadings& readings, std::size_t from, std::size_t to) {
  for (std::size_t k = from; k < to; ++k) set_watts(readings, k, readings.watts[from]);
}

TEST(StuckCheck, AllEqualReadingsAreRefused) {
  CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_all_equal(readings));
  stick(readings, 0, readings.size());
  const auto verdict = check_all_equal(readings);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->is_refusal);
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("all 8,000 readings are equal"));
}

TEST(StuckCheck, AValueThatStandsAcrossTheEndOfTheLoadIsLeftOut) {
  CheckedReadings readings = made_readings();
  EXPECT_TRUE(find_stuck(readings, readings.busy).numbers.empty());
  stick(readings, 5500, 6500);
  StuckReadings stuck = find_stuck(readings, readings.busy);
  EXPECT_NEAR(static_cast<double>(stuck.numbers.size()), 1000.0, 3.0);
  EXPECT_NEAR(stuck.seconds, 1.0, 4e-3);
  const auto verdict = stuck_verdict(std::move(stuck));
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->is_refusal);
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("s (from 5.50 s on)"));
}

TEST(StuckCheck, AValueThatStandsWhileOthersOfTheLoadMoveIsLeftOut) {
  CheckedReadings readings = made_readings();
  stick(readings, 3000, 4000);
  EXPECT_NEAR(static_cast<double>(find_stuck(readings, readings.busy).numbers.size()), 1000.0, 3.0);
}

TEST(StuckCheck, MostOfTheLoadIsARefusal) {
  CheckedReadings readings = made_readings();
  stick(readings, 2500, 6500);
  const auto verdict = stuck_verdict(find_stuck(readings, readings.busy));
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->is_refusal);
}

TEST(StuckCheck, ReadingsOfCoarseStepsStandAtEachLevelOfTheLoadAndAreNotStuck) {
  const CheckedReadings readings = made_readings({.noise = 0.0});
  EXPECT_TRUE(find_stuck(readings, readings.busy).numbers.empty());
  // Held against a load that is looked for elsewhere they look stuck.
  const std::vector<Stretch> elsewhere = {{3.2, 7.2}};
  EXPECT_FALSE(find_stuck(readings, elsewhere).numbers.empty());
}

}  // namespace
}  // namespace layerwatt
