#include "attribution/checks/negative_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attribution/checks/made_readings.h"

namespace layerwatt {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::made_readings;
using testing::set_watts;

TEST(NegativeCheck, ARailThatIsReadTheWrongWayRoundIsRefused) {
  CheckedReadings readings = made_readings();
  EXPECT_FALSE(check_negative(readings));
  for (std::size_t k = 0; k < readings.size(); ++k) set_watts(readings, k, -readings.watts[k]);
  const auto verdict = check_negative(readings);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->is_refusal);
  EXPECT_THAT(verdict->finding.sentence, HasSubstr("8,000 of 8,000 readings are negative"));
}

TEST(NegativeCheck, SingleNegativeReadingsAreLeftOut) {
  CheckedReadings readings = made_readings();
  set_watts(readings, 700, -5.0);
  set_watts(readings, 3000, -1.0);
  const auto verdict = check_negative(readings);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->is_refusal);
  EXPECT_THAT(verdict->left_out, ElementsAre(700, 3000));
}

TEST(NegativeCheck, ARailThatIdlesAtNothingMayReadALittleBelow) {
  EXPECT_FALSE(check_negative(made_readings({.idle_watts = 0.0, .noise = 3.0})));
}

TEST(NegativeCheck, NoPowerAtAllIsRefusedBeforeAnythingElse) {
  PowerTrace trace;
  trace.rail.name = "VDD_IN";
  trace.power.assign(30, watts(0.0));
  trace.before.assign(30, instant_from_ns(0));
  trace.after = trace.before;
  EXPECT_THAT(refuse_no_power(trace), HasSubstr("all 30 readings of VDD_IN are exactly 0 W"));
  trace.power.assign(30, watts(-2.0));
  EXPECT_THAT(refuse_no_power(trace), HasSubstr("30 of 30 readings of VDD_IN are negative"));
  trace.power.assign(30, watts(2.0));
  EXPECT_EQ(refuse_no_power(trace), "");
}

}  // namespace
}  // namespace layerwatt
