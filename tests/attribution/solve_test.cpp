#include "layerwatt/attribution/solve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "attribution/made_recording.h"

namespace layerwatt {
namespace {

using testing::energy_error;
using ::testing::HasSubstr;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;

MadeRecordingPlan weighing_plan(std::uint64_t seed) {
  MadeRecordingPlan plan;
  plan.schedule = Schedule::kWeighing;
  plan.layers = 12;
  plan.seconds = 40.0;
  plan.seed = seed;
  return plan;
}

MadeRecordingPlan single_conversions_plan(std::uint64_t seed) {
  MadeRecordingPlan plan;
  plan.samples = 1;
  plan.layers = 12;
  plan.seconds = 15.0;
  plan.seed = seed;
  return plan;
}

std::vector<double> powers_of(const LayerProfile& profile) {
  std::vector<double> watts;
  for (const LayerProfileRow& row : profile.rows) {
    watts.push_back(row.power ? row.power->value.value() : 0.0);
  }
  return watts;
}

TEST(Solve, TellsLayersApartBehindASlowFilterByWeighing) {
  const MadeRecording made = make_recording(weighing_plan(3));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(energy_error(made, powers_of(*profile)), 0.03);
  EXPECT_EQ(profile->method, "solve");
  EXPECT_TRUE(profile->is_virtual);
  ASSERT_TRUE(profile->idle_power);
  EXPECT_NEAR(profile->idle_power->value.value(), made.truth.idle.value(), 0.1);
}

TEST(Solve, TellsLayersApartWithinAPassBySingleConversions) {
  const MadeRecording made = make_recording(single_conversions_plan(5));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(energy_error(made, powers_of(*profile)), 0.02);
}

TEST(Solve, RefusesLayersOfWholePassesBehindASlowFilterButTellsTheTotal) {
  MadeRecordingPlan plan;
  plan.seconds = 30.0;
  plan.seed = 4;
  const MadeRecording made = make_recording(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  for (const LayerProfileRow& row : profile->rows) {
    EXPECT_NE(row.status, LayerStatus::kResolved);
    EXPECT_FALSE(row.reason.empty());
  }
  ASSERT_TRUE(profile->identifiability);
  ASSERT_FALSE(profile->identifiability->advice.empty());
  EXPECT_THAT(profile->identifiability->advice.front(), HasSubstr("--schedule weighing"));
}

TEST(Solve, AddsUpToWhatWasMeasured) {
  const MadeRecording made = make_recording(weighing_plan(8));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_TRUE(profile->sum_check);
  EXPECT_LT(std::abs(*profile->sum_check), 0.005);
}

TEST(Solve, SaysWhatIsWrongWithDegenerateInput) {
  MadeRecordingPlan plan = weighing_plan(1);
  plan.seconds = 3.0;
  const MadeRecording made = make_recording(plan);
  PowerTrace empty;
  empty.rail = made.trace.rail;
  EXPECT_EQ(solve(empty, made.timeline).error().code(), ErrorCode::kUnknowable);
  EXPECT_EQ(solve(made.trace, Timeline{}).error().code(), ErrorCode::kUnknowable);
  PowerTrace not_a_number = made.trace;
  not_a_number.power[7] = Watts(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(solve(not_a_number, made.timeline).error().code(), ErrorCode::kParse);
  Timeline elsewhere = made.timeline;
  for (Execution& e : elsewhere.executions) {
    e.start += std::chrono::hours(1);
    e.end += std::chrono::hours(1);
  }
  EXPECT_THAT(solve(made.trace, elsewhere).error().message(), HasSubstr("do not overlap"));
  SolveOptions options;
  options.confidence = 1.0;
  EXPECT_EQ(solve(made.trace, made.timeline, options).error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace layerwatt
