#include "attribution/checks/zero_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_readings;
using testing::set_watts;

TEST(ZeroCheck, ReadsThatFailedAreLeftOut) {
  CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_zeros(readings));
  set_watts(readings, 10, 0.0);
  set_watts(readings, 4000, 0.0);
  const auto verdict = check_zeros(readings);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->is_refusal);
  EXPECT_THAT(verdict->left_out, ElementsAre(10, 4000));
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("2 of 8,000 readings are exactly 0"));
}

TEST(ZeroCheck, MostOfThemZeroIsRefused) {
  CheckedReadings readings = made_readings();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (k % 5 != 0) set_watts(readings, k, 0.0);
  }
  readings.idle_apart = 3.6;
  const auto verdict = check_zeros(readings);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->is_refusal);
}

TEST(ZeroCheck, ARailThatIsSwitchedOffWhileNothingRunsIdlesAtNothing) {
  CheckedReadings readings = made_readings();
  for (std::size_t k = 0; k < readings.size(); ++k) {
    if (!readings.is_busy(k)) set_watts(readings, k, 0.0);
  }
  EXPECT_FALSE(check_zeros(readings));
  readings.idle_apart = 3.6;
  EXPECT_TRUE(check_zeros(readings)) << "its idle power was measured, and is not nothing";
}

}  // namespace
}  // namespace layerwatt
