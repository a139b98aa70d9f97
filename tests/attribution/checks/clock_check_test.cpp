#include "attribution/checks/clock_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::made_readings;

constexpr ClockDoubt kTwoClocks;
constexpr ClockDoubt kOneClock = {.least_gain = kGainOfOneClock};

TEST(ClockCheck, ReadingsThatFollowTheLoadNeedNotBeMoved) {
  const CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_clock_match(readings, kTwoClocks));
  EXPECT_FALSE(check_gaps(readings, {}));
}

TEST(ClockCheck, AClockThatIsOffThroughoutIsFoundToAFewReadings) {
  for (const double late : {-1.3, 0.4, 1.2}) {
    CheckedReadings readings = made_readings();
    for (double& t : readings.seconds) t += late;
    const auto move = check_clock_match(readings, kTwoClocks);
    ASSERT_TRUE(move) << late;
    EXPECT_EQ(move->finding.check, RecordingCheck::kClocks);
    EXPECT_NEAR(move->seconds, -late, 0.03);
    EXPECT_EQ(move->first, 0U);
    EXPECT_THAT(move->finding.sentence, HasSubstr(late > 0.0 ? "later" : "earlier"));
  }
}

TEST(ClockCheck, AShortRunInAnHourOfReadingsIsFound) {
  CheckedReadings readings = made_readings({.seconds = 3000.0});
  CheckedReadings slow;
  slow.busy = {{500.0, 504.0}};
  slow.step = readings.step;
  for (std::size_t k = 0; k < readings.size(); k += 100) {
    slow.seconds.push_back(readings.seconds[k]);
    slow.watts.push_back(readings.watts[k]);
  }
  const auto move = check_clocks(slow, kTwoClocks);
  ASSERT_TRUE(move);
  EXPECT_NEAR(move->seconds, 498.0, 2.5) << "on means of two seconds";
}

TEST(ClockCheck, AClockThatIsSetForwardIsToldWithWhenAndByHowMuch) {
  CheckedReadings readings = made_readings();
  for (std::size_t k = 4000; k < readings.size(); ++k) readings.seconds[k] += 5.0;
  const auto move = check_clock_match(readings, kTwoClocks);
  ASSERT_TRUE(move);
  EXPECT_EQ(move->finding.check, RecordingCheck::kClockStep);
  EXPECT_EQ(move->first, 4000U);
  EXPECT_NEAR(move->seconds, -5.0, 1e-3);
  EXPECT_THAT(move->finding.sentence, HasSubstr("set forward by 5.00 s at 4.00 s"));
  const CheckedReadings back = moved(readings, *move);
  EXPECT_FALSE(check_clock_match(back, kTwoClocks));
}

TEST(ClockCheck, AHoleBehindWhichReadingsFollowTheLoadIsAGapAndNoStep) {
  CheckedReadings readings = made_readings();
  CheckedReadings holed = readings;
  for (auto* column : {&holed.seconds, &holed.watts, &holed.volts, &holed.amperes}) {
    column->erase(column->begin() + 3000, column->begin() + 4000);
  }
  EXPECT_FALSE(check_clock_match(holed, kTwoClocks));
  const auto gap = check_gaps(holed, {});
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->check, RecordingCheck::kGap);
  EXPECT_THAT(gap->sentence, HasSubstr("no readings for 1.00 s while the network ran (1 gap"));
  const std::vector<Stretch> told = {{3.0, 4.0}};
  EXPECT_FALSE(check_gaps(holed, told)) << "told already";
}

TEST(ClockCheck, ASensorThatShowsTheLoadLateIsNotOfAnotherClock) {
  CheckedReadings readings = made_readings();
  for (double& t : readings.seconds) t += 0.4;
  EXPECT_FALSE(check_clocks(readings, {.sensor_delay = 0.5}));
  for (double& t : readings.seconds) t -= 0.8;
  EXPECT_TRUE(check_clocks(readings, {.sensor_delay = 0.5})) << "none shows it before it runs";
}

TEST(ClockCheck, OneClockNeedsMoreToBeDoubted) {
  CheckedReadings readings = made_readings();
  // The board does something else before the run, as much as it does in it.
  for (std::size_t k = 1700; k < 2000; ++k) testing::set_watts(readings, k, 7.6);
  for (std::size_t k = 5700; k < 6000; ++k) testing::set_watts(readings, k, 3.6);
  EXPECT_TRUE(check_clocks(readings, kTwoClocks));
  for (double& t : readings.seconds) t += 0.15;
  EXPECT_FALSE(check_clocks(readings, kOneClock));
}

}  // namespace
}  // namespace layerwatt
