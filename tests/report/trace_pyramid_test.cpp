#include "report/html/trace_pyramid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

PowerTrace ramp(std::size_t count) {
  PowerTrace trace;
  for (std::size_t i = 0; i < count; ++i) {
    const Instant t = instant_from_ns(static_cast<std::int64_t>(i) * 1'000'000);
    trace.before.push_back(t);
    trace.after.push_back(t);
    trace.power.push_back(watts(static_cast<double>(i)));
  }
  return trace;
}

TEST(TracePyramid, EveryLevelKeepsTheExtremesAndTheMean) {
  const PowerTrace trace = ramp(100'000);
  const auto levels = make_pyramid(trace, trace.when(0), 20'000);
  ASSERT_GE(levels.size(), 2U);
  EXPECT_LE(levels.front().mean.size(), 20'000U);
  EXPECT_LE(levels.back().mean.size(), 2'000U);
  for (const PyramidLevel& level : levels) {
    EXPECT_EQ(*std::min_element(level.min.begin(), level.min.end()), 0.0F);
    EXPECT_EQ(*std::max_element(level.max.begin(), level.max.end()), 99'999.0F);
    double sum = 0.0;
    for (const float mean : level.mean) sum += static_cast<double>(mean);
    EXPECT_NEAR(sum / static_cast<double>(level.mean.size()), 49'999.5, 50.0);
  }
}

TEST(TracePyramid, ABreakInTheRecordingStaysABreak) {
  PowerTrace trace = ramp(100);
  for (std::size_t i = 50; i < 100; ++i) {
    trace.before[i] += std::chrono::seconds(10);
    trace.after[i] += std::chrono::seconds(10);
  }
  const auto levels = make_pyramid(trace, trace.when(0), 20'000);
  ASSERT_FALSE(levels.empty());
  EXPECT_TRUE(std::isnan(levels.front().mean[levels.front().mean.size() / 2]));
}

TEST(TracePyramid, LessThanTwoSamplesHaveNoLevels) {
  EXPECT_TRUE(make_pyramid(ramp(1), Instant{}, 100).empty());
}

TEST(TraceWindow, ALongWindowIsCutAroundItsMiddle) {
  const PowerTrace trace = ramp(1000);
  const auto whole = cut_window(trace, trace.when(0), Instant::min(), Instant::max(), 5000);
  EXPECT_EQ(whole.time.size(), 1000U);
  const auto part = cut_window(trace, trace.when(0), trace.when(100), trace.when(300), 20);
  ASSERT_EQ(part.power.size(), 20U);
  EXPECT_EQ(part.power.front(), 190.0F);
}

TEST(AsPower, AnEnergyCounterBecomesOneSampleAChange) {
  PowerTrace counter;
  counter.rail.kind = RailKind::kEnergyCounter;
  for (int i = 0; i < 4; ++i) {
    const Instant t = instant_from_ns(i * 1'000'000'000LL);
    counter.before.push_back(t);
    counter.after.push_back(t);
  }
  counter.energy = {joules(0), joules(0), joules(6), joules(9)};
  const PowerTrace power = as_power(counter);
  ASSERT_EQ(power.size(), 2U);
  EXPECT_DOUBLE_EQ(power.power[0].value(), 3.0);
  EXPECT_DOUBLE_EQ(power.power[1].value(), 3.0);
}

}  // namespace
}  // namespace layerwatt
