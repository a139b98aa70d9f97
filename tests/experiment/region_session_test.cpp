#include "layerwatt/experiment/region_session.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <thread>

#include "layerwatt/experiment/weigh.h"
#include "layerwatt/markers.h"
#include "layerwatt/recording/marker_ring.h"

#include "dataset/temporary_folder.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(60)); }

std::vector<std::string> names_of(const Timeline& timeline) {
  std::vector<std::string> names;
  for (const Layer& layer : timeline.layers) names.push_back(layer.name);
  return names;
}

/// This process marks regions and measures itself, as the Python package does.
class RegionSessionTest : public ::testing::Test {
 protected:
  RegionSessionTest() : ring_(*MarkerRing::create(1 << 12)) {
    ::setenv(LW_MARKERS_VARIABLE, ring_.path().c_str(), 1);
    lw_markers_of_process = {};
    lw_markers_lane = 0;
    options_.name = "mine";
    options_.ring = ring_.path();
    options_.measure.power.virtual_board = "orin-nano";
    options_.measure.output.result_dir = folder_.path() / "raw";
    options_.measure.output.existing = ExistingResult::kReplace;
  }
  ~RegionSessionTest() override {
    ::unsetenv(LW_MARKERS_VARIABLE);
    lw_markers_of_process = {};
  }

  TemporaryFolder folder_;
  MarkerRing ring_;
  RegionSessionOptions options_;
};

TEST_F(RegionSessionTest, RegionsBecomeTheTimelineOfARun) {
  lw_region_begin(lw_region_id("before the session"));
  auto session = RegionSession::start(options_);
  ASSERT_TRUE(session) << session.error().to_string();
  for (int i = 0; i < 3; ++i) {
    const lw_region pass(lw_region_id("pass"));
    {
      const lw_region region(lw_region_id("backbone"));
      rest();
    }
    {
      const lw_region region(lw_region_id("head"));
      rest();
    }
  }
  auto measured = (*session)->finish();
  ASSERT_TRUE(measured) << measured.error().to_string();
  const Recording& recording = measured->measurement.recording;
  EXPECT_THAT(names_of(recording.timeline), IsSupersetOf({"backbone", "head"}));
  EXPECT_EQ(pass_count(recording.timeline), 3);
  EXPECT_TRUE(validate(recording.timeline));
  EXPECT_TRUE(measured->measurement.profile.is_virtual);
  ASSERT_TRUE(measured->energy);
  EXPECT_GT(measured->energy->value(), 0.0);
  ASSERT_THAT(measured->regions, SizeIs(3));
  EXPECT_EQ(measured->regions[0].name, "pass");
  EXPECT_TRUE(measured->regions[0].holds_others);
  EXPECT_EQ(measured->regions[1].count, 3);
  EXPECT_GE(measured->time, std::chrono::milliseconds(360));
}

TEST_F(RegionSessionTest, WithoutRegionsTheWholeIsMeasured) {
  auto session = RegionSession::start(options_);
  ASSERT_TRUE(session) << session.error().to_string();
  rest();
  auto measured = (*session)->finish();
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_THAT(names_of(measured->measurement.recording.timeline), ::testing::ElementsAre("mine"));
  EXPECT_TRUE(measured->regions.empty());
}

TEST_F(RegionSessionTest, WhatDidNotComeToItsEndIsPartial) {
  auto session = RegionSession::start(options_);
  ASSERT_TRUE(session) << session.error().to_string();
  rest();
  auto measured = (*session)->finish(false);
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_NE(measured->measurement.partial_reason, "");
  EXPECT_FALSE((*session)->finish());
}

TEST_F(RegionSessionTest, AnOwnerThatGoesAwayEndsIt) {
  auto session = RegionSession::start(options_);
  ASSERT_TRUE(session) << session.error().to_string();
  session->reset();
  EXPECT_TRUE(RegionSession::start(options_)) << "the place is free again";
}

TEST_F(RegionSessionTest, AnUnknownBoardIsAnErrorBeforeAnythingBegins) {
  options_.measure.power.virtual_board = "orin-nono";
  const auto session = RegionSession::start(options_);
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().message(), HasSubstr("orin-nono"));
}

class Weigh : public RegionSessionTest {
 protected:
  Weigh() {
    weighing_.measure = options_.measure;
    weighing_.duration = std::chrono::milliseconds(200);
  }
  Cancellation cancellation_;
  MeasureObserver observer_;
  WeighOptions weighing_;
};

TEST_F(Weigh, RunsFunctionsSinglyAndRepeated) {
  int calls = 0;
  const std::vector<RunnableFunction> functions{{"a",
                                                 [&]() -> Result<void> {
                                                   ++calls;
                                                   return {};
                                                 }},
                                                {"b",
                                                 [&]() -> Result<void> {
                                                   ++calls;
                                                   return {};
                                                 },
                                                 "Conv2d"}};
  auto measured = weigh_functions(functions, weighing_, cancellation_, observer_);
  ASSERT_TRUE(measured) << measured.error().to_string();
  EXPECT_EQ(measured->recording.timeline.schedule, Schedule::kWeighing);
  ASSERT_THAT(measured->profile.rows, SizeIs(2));
  EXPECT_EQ(measured->profile.rows[0].layer.type, "Function");
  EXPECT_EQ(measured->profile.rows[1].layer.type, "Conv2d");
  std::int64_t runs = 0;
  for (const auto& times : run_times_of_layers(measured->outcome.timeline)) {
    runs += static_cast<std::int64_t>(times.size());
  }
  EXPECT_GT(runs, 10);
  EXPECT_LE(runs, calls);
}

TEST_F(Weigh, AnErrorOfAFunctionEndsIt) {
  const std::vector<RunnableFunction> functions{
      {"a", []() -> Result<void> { return Error(ErrorCode::kInternal, "no more"); }}};
  const auto measured = weigh_functions(functions, weighing_, cancellation_, observer_);
  ASSERT_FALSE(measured);
  EXPECT_THAT(measured.error().message(), HasSubstr("no more"));
}

TEST_F(Weigh, NothingToWeighIsAMistake) {
  EXPECT_EQ(weigh_functions({}, weighing_, cancellation_, observer_).error().code(),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace layerwatt
