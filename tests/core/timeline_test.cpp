#include "layerwatt/core/timeline.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

Execution execution(std::int32_t segment, std::int32_t pass, std::int64_t start_ns,
                    std::int64_t end_ns) {
  Execution e;
  e.segment = segment;
  e.pass = pass;
  e.start = instant_from_ns(start_ns);
  e.end = instant_from_ns(end_ns);
  return e;
}

Timeline two_layers() {
  Timeline timeline;
  timeline.layers.resize(2);
  timeline.executions = {execution(kWholePass, 0, 0, 100), execution(0, 0, 0, 40),
                         execution(1, 0, 40, 90), execution(0, 1, 200, 240)};
  return timeline;
}

std::string fault_of(const Timeline& timeline) {
  const auto checked = validate(timeline);
  return checked ? "" : checked.error().message();
}

TEST(ValidateTimeline, AcceptsLayersWithinPasses) {
  EXPECT_EQ(fault_of(two_layers()), "");
  EXPECT_EQ(fault_of(Timeline{}), "");
}

TEST(CompletePasses, AreThoseInWhichAllLayersRan) {
  Timeline timeline = two_layers();
  EXPECT_EQ(complete_passes(timeline), (std::vector<bool>{true, false}));
  // Repeats make no pass complete, and a layer that never runs is missed nowhere.
  timeline.executions.push_back(execution(0, 1, 250, 290));
  timeline.executions.back().repeat = 1;
  timeline.layers.resize(3);
  EXPECT_EQ(complete_passes(timeline), (std::vector<bool>{true, false}));
  EXPECT_TRUE(complete_passes(Timeline{}).empty());
}

TEST(ValidateTimeline, AcceptsLayersThatOverlap) {
  Timeline timeline = two_layers();
  timeline.executions[2].start = timeline.executions[1].start;
  EXPECT_EQ(fault_of(timeline), "");
}

TEST(ValidateTimeline, NamesTheExecutionWithAnUnknownSegment) {
  Timeline timeline = two_layers();
  timeline.executions[2].segment = 2;
  EXPECT_EQ(fault_of(timeline), "execution 2: segment 2 is not one of the 2 layers");
  timeline.executions[2].segment = -2;
  EXPECT_NE(fault_of(timeline), "");
}

TEST(ValidateTimeline, RefusesNegativeCounts) {
  for (auto member : {&Execution::pass, &Execution::repeat, &Execution::block}) {
    Timeline timeline = two_layers();
    timeline.executions[3].*member = -1;
    EXPECT_EQ(fault_of(timeline).rfind("execution 3: ", 0), 0U);
  }
}

TEST(ValidateTimeline, RefusesAnEndBeforeItsStart) {
  Timeline timeline = two_layers();
  timeline.executions[1].end = instant_from_ns(-5);
  EXPECT_EQ(fault_of(timeline), "execution 1: it ends 5 ns before it starts");
}

TEST(ValidateTimeline, RefusesDisorder) {
  Timeline timeline = two_layers();
  timeline.executions[3].start = instant_from_ns(39);
  EXPECT_EQ(fault_of(timeline), "execution 3: it starts 1 ns before the one that precedes it");
}

TEST(ValidateTimeline, RefusesInterludesThatOverlapOrEndBeforeTheyStart) {
  Timeline timeline = two_layers();
  timeline.interludes = {{instant_from_ns(1000), instant_from_ns(2000)},
                         {instant_from_ns(2000), instant_from_ns(2000)}};
  EXPECT_TRUE(validate(timeline));
  timeline.interludes[1] = {instant_from_ns(1999), instant_from_ns(3000)};
  EXPECT_EQ(fault_of(timeline).rfind("interlude 1: ", 0), 0U);
  timeline.interludes = {{instant_from_ns(2000), instant_from_ns(1000)}};
  EXPECT_EQ(fault_of(timeline).rfind("interlude 0: ", 0), 0U);
}

TEST(PassCount, IsOneMoreThanTheHighestPass) {
  EXPECT_EQ(pass_count(Timeline{}), 0);
  EXPECT_EQ(pass_count(two_layers()), 2);
}

TEST(RunTimesOfLayers, CountsARecordOfSeveralRunsAsSoMany) {
  Timeline timeline = two_layers();
  timeline.executions[2].runs = 5;
  const auto times = run_times_of_layers(timeline);
  ASSERT_EQ(times.size(), 2U);
  EXPECT_EQ(times[0], std::vector<Duration>(2, Duration(40)));
  EXPECT_EQ(times[1], std::vector<Duration>(5, Duration(10)));
}

TEST(Timeline, HasAWordForEachEnumerator) {
  EXPECT_EQ(to_string(Schedule::kWhole), "whole");
  EXPECT_EQ(to_string(Schedule::kIsolated), "isolated");
  EXPECT_EQ(to_string(Schedule::kWeighing), "weighing");
  EXPECT_EQ(to_string(StampSource::kMeasured), "measured");
  EXPECT_EQ(to_string(StampSource::kProfiler), "profiler");
  EXPECT_EQ(to_string(StampSource::kPlacedByDuration), "placed_by_duration");
  EXPECT_EQ(to_string(StampSource::kCallback), "callback");
  EXPECT_EQ(to_string(StampSource::kUnknown), "unknown");
}

TEST(Timeline, APassBeyondAllExecutionsIsDamage) {
  Timeline timeline;
  timeline.layers.resize(1);
  timeline.executions.push_back({});
  timeline.executions.back().segment = 0;
  EXPECT_TRUE(validate(timeline));
  timeline.executions.back().pass = 2'000'000'000;
  const auto valid = validate(timeline);
  ASSERT_FALSE(valid);
  EXPECT_NE(valid.error().message().find("damaged"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
