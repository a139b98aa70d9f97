#include "attribution/checks/stamps_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

PowerTrace trace_of_ticks(Duration tick, int readings) {
  PowerTrace trace;
  for (int k = 0; k < readings; ++k) {
    const Duration exact = k * 1ms;
    trace.before.push_back(instant_from_ns(0) + exact / tick * tick);
    trace.power.push_back(watts(4.0));
  }
  trace.after = trace.before;
  return trace;
}

TEST(StampsCheck, StampsOfTheirOwnStay) {
  PowerTrace trace = trace_of_ticks(1ms, 100);
  EXPECT_FALSE(spread_coarse_stamps(trace));
  EXPECT_EQ(trace.before[57], instant_from_ns(57'000'000));
}

TEST(StampsCheck, ReadingsThatShareStampsAreSpreadBetweenThem) {
  PowerTrace trace = trace_of_ticks(100ms, 1000);
  const auto coarse = spread_coarse_stamps(trace);
  ASSERT_TRUE(coarse);
  EXPECT_FALSE(coarse->is_refusal);
  EXPECT_NEAR(coarse->tick_seconds, 0.1, 1e-9);
  EXPECT_THAT(coarse->finding.sentence, HasSubstr("990 of 1,000 readings"));
  for (std::size_t k = 0; k < trace.size(); ++k) {
    EXPECT_EQ(trace.before[k], instant_from_ns(static_cast<std::int64_t>(k) * 1'000'000));
    EXPECT_EQ(trace.after[k], trace.before[k]);
  }
}

TEST(StampsCheck, OneStampForAllIsRefused) {
  PowerTrace trace = trace_of_ticks(1h, 1000);
  const auto coarse = spread_coarse_stamps(trace);
  ASSERT_TRUE(coarse);
  EXPECT_TRUE(coarse->is_refusal);
}

}  // namespace
}  // namespace layerwatt
