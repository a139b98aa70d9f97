#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/attribution/solve.h"

#include "attribution/made_recording.h"
#include "attribution/model/design_matrix.h"
#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;
using testing::ProfileScore;
using testing::score_of;
using testing::true_pass_energy;

/// The INA238 of AGX Thor: means of 16 conversions of 1052 µs, one in three of the shunt.
MadeRecordingPlan thor_plan(Schedule schedule, std::uint64_t seed) {
  MadeRecordingPlan plan;
  plan.board = "thor";
  plan.rail = "VIN";
  plan.schedule = schedule;
  plan.layers = 12;
  plan.seconds = 40.0;
  plan.block_seconds = 0.1;
  plan.shortest_read = 0.4e-3;
  plan.longest_read = 0.7e-3;
  plan.seed = seed;
  return plan;
}

struct Outcomes {
  ProfileScore layers;
  double greatest_total_error = 0.0;
  double greatest_period_error = 0.0;
};

Outcomes solve_all(const MadeRecordingPlan& first, std::uint64_t seeds) {
  Outcomes all;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    MadeRecordingPlan plan = first;
    plan.seed = seed;
    const MadeRecording made = make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    EXPECT_TRUE(profile) << profile.error().to_string();
    if (!profile) continue;
    all.layers += score_of(*profile, made);
    const double period = to_seconds(*profile->sensor->period) / made.cycle_seconds;
    all.greatest_period_error = std::max(all.greatest_period_error, std::abs(period - 1.0));
    if (plan.schedule != Schedule::kWhole) continue;
    const double total = profile->pass_energy->value.value() / true_pass_energy(made, *profile);
    all.greatest_total_error = std::max(all.greatest_total_error, std::abs(total - 1.0));
  }
  return all;
}

TEST(Blocks, TellLayersApartByWeighing) {
  const Outcomes all = solve_all(thor_plan(Schedule::kWeighing, 1), 6);
  EXPECT_EQ(all.layers.resolved, all.layers.layers);
  EXPECT_LT(all.layers.error, 0.002);
  EXPECT_GE(all.layers.covered, 0.88 * all.layers.resolved);
  EXPECT_LT(all.greatest_period_error, 20e-6);
}

/// The clock of the blocks counts from the first reading that is left.
TEST(Blocks, TellLayersApartWhereTheFirstReadingsAreLeftOut) {
  MadeRecording made = make_recording(thor_plan(Schedule::kWeighing, 1));
  for (std::size_t k = 0; k < 12; ++k) made.trace.power[k] = Watts(-5.0);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, made);
  EXPECT_EQ(score.resolved, score.layers);
  EXPECT_LT(score.error, 0.002);
}

TEST(Blocks, TellLayersApartWithinWholePasses) {
  const Outcomes all = solve_all(thor_plan(Schedule::kWhole, 1), 6);
  EXPECT_GE(all.layers.resolved, 0.6 * all.layers.layers);
  EXPECT_LT(all.layers.error, 0.02);
  EXPECT_GE(all.layers.covered, 0.88 * all.layers.resolved);
  EXPECT_LT(all.greatest_total_error, 0.002);
  EXPECT_LT(all.greatest_period_error, 20e-6);
}

TEST(Blocks, LongAgainstThePassesTellLayersApartByWeighing) {
  MadeRecordingPlan plan = thor_plan(Schedule::kWeighing, 1);
  plan.block_count = 1024;
  plan.block_conversion_time = std::chrono::microseconds(50);
  plan.block_seconds = 0.4;
  const Outcomes all = solve_all(plan, 3);
  EXPECT_EQ(all.layers.resolved, all.layers.layers);
  EXPECT_LT(all.layers.error, 0.005);
  EXPECT_GE(all.layers.covered, 0.88 * all.layers.resolved);
}

TEST(Blocks, ReadAboutAsOftenAsTheyAreRenewedTellLayersApart) {
  for (const auto& [count, microseconds] : {std::pair(4, 150), std::pair(16, 84)}) {
    MadeRecordingPlan plan = thor_plan(Schedule::kWhole, 1);
    plan.seconds = 20.0;
    plan.block_count = count;
    plan.block_conversion_time = std::chrono::microseconds(microseconds);
    const Outcomes all = solve_all(plan, 3);
    EXPECT_GE(all.layers.resolved, 0.9 * all.layers.layers) << count;
    EXPECT_LT(all.layers.error, 0.01) << count;
    EXPECT_GE(all.layers.covered, 0.8 * all.layers.resolved) << count;
    EXPECT_LT(all.greatest_period_error, 20e-6) << count;
  }
}

TEST(Blocks, TooFewOfThemTellTheTotalAlone) {
  MadeRecordingPlan plan = thor_plan(Schedule::kWhole, 2);
  plan.block_count = 1024;
  const MadeRecording made = make_recording(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  for (const LayerProfileRow& row : profile->rows) {
    EXPECT_EQ(row.status, LayerStatus::kUnresolved);
    EXPECT_THAT(row.reason, HasSubstr("record for longer"));
  }
  EXPECT_TRUE(profile->pass_energy);
  MadeRecordingPlan shorter = plan;
  shorter.seconds = 10.0;
  const MadeRecording few = make_recording(shorter);
  const auto refused = solve(few.trace, few.timeline);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnknowable);
  EXPECT_THAT(refused.error().message(), HasSubstr("record for longer"));
}

TEST(Blocks, ThatDoNotFollowTheStampsTellNoLayers) {
  const MadeRecording made = make_recording(thor_plan(Schedule::kWeighing, 3));
  // Stamps of another order than what ran.
  Timeline wrong = made.timeline;
  const auto layers = static_cast<std::int32_t>(wrong.layers.size());
  for (Execution& e : wrong.executions) e.segment = (e.segment + e.pass) % layers;
  const auto profile = solve(made.trace, wrong);
  ASSERT_TRUE(profile) << profile.error().to_string();
  for (const LayerProfileRow& row : profile->rows) {
    EXPECT_EQ(row.status, LayerStatus::kUnresolved);
    EXPECT_THAT(row.reason, HasSubstr("no clock"));
  }
}

TEST(Blocks, OfAnotherLengthThanDeclaredAreRefused) {
  const MadeRecording made = make_recording(thor_plan(Schedule::kWeighing, 3));
  SolveOptions options;
  options.sensor = made.trace.rail.model;
  for (const int count : {8, 64}) {
    options.sensor->average_count = count;
    const auto refused = solve(made.trace, made.timeline, options);
    ASSERT_FALSE(refused) << count;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnknowable);
    EXPECT_THAT(refused.error().message(), HasSubstr("does not change about every"));
  }
}

TEST(Blocks, ShowTheMeanOfTheirWindowsOnly) {
  // One layer on from 1 ms to 2 ms, another from 4 ms to 4.5 ms.
  LoadPieces load;
  load.layers = 2;
  load.pieces = {{1e-3, 2e-3, 0}, {4e-3, 4.5e-3, 1}};
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  SensorKernel kernel;
  kernel.window = 1e-3;
  kernel.block_count = 2;
  kernel.block_step = 3e-3;
  // Windows from 1.2 to 2.2 ms and from 4.2 to 5.2 ms.
  const std::vector<double> ends = {5.2e-3};
  visit_design_rows(load, kernel, ends, [](const DesignRow& row) {
    EXPECT_NEAR(row.shares[0], 0.4, 1e-9);
    EXPECT_NEAR(row.shares[1], 0.15, 1e-9);
  });
  std::vector<double> watts(static_cast<std::size_t>(load.columns()), 0.0);
  watts[0] = 10.0;
  watts[1] = 20.0;
  const auto levels = expected_levels(load, watts, kernel, ends);
  EXPECT_NEAR(levels.front(), 7.0, 1e-9);
}

}  // namespace
}  // namespace layerwatt
