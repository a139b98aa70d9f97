#include "attribution/checks/overlap_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Timeline passes_of(Duration length) {
  Timeline timeline;
  timeline.layers.resize(1);
  for (int pass = 0; pass < 10; ++pass) {
    Execution e;
    e.pass = pass;
    e.start = instant_from_ns(0) + pass * 1ms;
    e.end = e.start + length;
    timeline.executions.push_back(e);
  }
  return timeline;
}

PassTimes times_of(const Timeline& timeline) { return look_over(timeline).pass_times; }

TEST(OverlapCheck, PassesThatOverlapAreToldWithHowMuch) {
  EXPECT_GT(overlap_of_passes(times_of(passes_of(3ms))), 0.5);
  const auto finding = check_overlap(times_of(passes_of(3ms)));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->check, RecordingCheck::kPasses);
  EXPECT_THAT(finding->sentence, HasSubstr("Passes overlap (60 % of their time)"));
}

TEST(OverlapCheck, PassesThatFollowEachOtherDoNotOverlapNorDoRoundedStamps) {
  EXPECT_EQ(overlap_of_passes(times_of(passes_of(999us))), 0.0);
  EXPECT_FALSE(check_overlap(times_of(passes_of(999us))));
  EXPECT_FALSE(check_overlap(times_of(passes_of(1005us))));
}

TEST(OverlapCheck, MorePassesAtOnceThanThereAreStreamsAreOfAnotherUnit) {
  EXPECT_EQ(refuse_crowd(times_of(passes_of(3ms))), "");
  Timeline timeline = passes_of(3ms);
  for (int pass = 10; pass < 2000; ++pass) {
    Execution e = timeline.executions.back();
    e.pass = pass;
    e.start += 1ms;
    e.end = e.start + 900ms;
    timeline.executions.push_back(e);
  }
  EXPECT_THAT(refuse_crowd(times_of(timeline)), HasSubstr("another unit than milliseconds"));
}

}  // namespace
}  // namespace layerwatt
