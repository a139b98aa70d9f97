#include "report/html/timeline_sample.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

/// `passes` passes of `layers` layers of 1 ms, 1 ms apart.
Timeline regular(int passes, int layers) {
  Timeline timeline;
  timeline.layers.resize(static_cast<std::size_t>(layers));
  std::int64_t t = 0;
  for (int p = 0; p < passes; ++p) {
    timeline.executions.push_back(
        {kWholePass, p, 0, 0, instant_from_ns(t), instant_from_ns(t + layers * 1'000'000)});
    for (int l = 0; l < layers; ++l, t += 1'000'000) {
      timeline.executions.push_back(
          {l, p, 0, 0, instant_from_ns(t), instant_from_ns(t + 1'000'000)});
    }
    t += 1'000'000;
  }
  return timeline;
}

TEST(TimelineSample, AShortTimelineIsKeptWhole) {
  const TimelineSample sample = sample_timeline(regular(10, 5), 100, 1000);
  EXPECT_EQ(sample.pass_start.size(), 10U);
  EXPECT_EQ(sample.executions.size(), 50U);
  EXPECT_TRUE(sample.thinned.empty());
}

TEST(TimelineSample, ALongOneKeepsItsEndsAndARunAroundItsMiddle) {
  const TimelineSample sample = sample_timeline(regular(5000, 5), 1000, 1000);
  EXPECT_LE(sample.executions.size(), 1000U);
  EXPECT_GT(sample.executions.size(), 900U);
  EXPECT_LE(sample.pass_start.size(), 1000U);
  EXPECT_EQ(sample.executions.front().pass, 0);
  EXPECT_EQ(sample.executions.back().pass, 4999);
  EXPECT_GT(sample.middle_end - sample.middle_start, std::chrono::milliseconds(500));
  EXPECT_NE(sample.thinned.find("of 5,000 passes"), std::string::npos) << sample.thinned;
}

TEST(TimelineSample, PassesWithoutLayersHaveTheirExtentsAlone) {
  Timeline timeline = regular(3, 2);
  std::erase_if(timeline.executions, [](const Execution& e) { return e.segment != kWholePass; });
  const TimelineSample sample = sample_timeline(timeline, 10, 10);
  EXPECT_EQ(sample.pass_start.size(), 3U);
  EXPECT_TRUE(sample.executions.empty());
}

TEST(TimelineSample, AnEmptyTimelineGivesAnEmptySample) {
  EXPECT_TRUE(sample_timeline({}, 10, 10).pass_start.empty());
}

}  // namespace
}  // namespace layerwatt
