#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "layerwatt/attribution/solve.h"

#include "attribution/made_recording.h"
#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::holds;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;
using testing::true_pass_energy;
using namespace std::chrono_literals;

/// The recording as others publish it: instants instead of times of reads, and no settings.
MadeRecording published(const MadeRecordingPlan& plan) {
  MadeRecording made = make_recording(plan);
  made.trace.rail.model = SensorModel{};
  for (std::size_t k = 0; k < made.trace.size(); ++k) {
    made.trace.before[k] = made.trace.after[k] = made.trace.when(k);
  }
  return made;
}

TEST(UndeclaredSensor, StockFilterIsFoundAndTheTotalIsRight) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    MadeRecordingPlan plan;
    plan.seconds = 20.0;
    plan.seed = seed;
    const MadeRecording made = published(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    ASSERT_TRUE(profile->sensor_finding);
    EXPECT_THAT(profile->sensor_finding->found, HasSubstr("stock: 512 averages"));
    EXPECT_GT(profile->sensor_finding->certainty, 0.5);
    EXPECT_FALSE(profile->sensor_finding->next_best.empty());
    ASSERT_TRUE(profile->sensor);
    const auto found = effective_time_constant(*profile->sensor);
    ASSERT_TRUE(found);
    const double truth = -made.cycle_seconds / std::log1p(-1.0 / 512.0);
    EXPECT_NEAR(to_seconds(*found) / truth, 1.0, 0.05) << seed;
    ASSERT_TRUE(profile->pass_energy);
    const double energy = true_pass_energy(made, *profile);
    EXPECT_NEAR(profile->pass_energy->value.value() / energy, 1.0, 0.015) << seed;
    held += holds(*profile->pass_energy, energy) ? 1 : 0;
    for (const LayerProfileRow& row : profile->rows) {
      EXPECT_EQ(row.status, LayerStatus::kUnresolved);
    }
  }
  EXPECT_GE(held, 3);
}

TEST(UndeclaredSensor, SingleConversionsOfAnyLengthAreFound) {
  for (const Duration time : {Duration(140us), Duration(1100us)}) {
    MadeRecordingPlan plan;
    plan.samples = 1;
    plan.conversion_time = time;
    plan.layers = 8;
    plan.seconds = 20.0;
    plan.seed = 5;
    const MadeRecording made = published(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    ASSERT_TRUE(profile->sensor && profile->sensor->period && profile->sensor_finding);
    EXPECT_NEAR(to_seconds(*profile->sensor->period) / made.cycle_seconds, 1.0, 0.01)
        << profile->sensor_finding->found;
    ASSERT_TRUE(profile->pass_energy);
    EXPECT_NEAR(profile->pass_energy->value.value() / true_pass_energy(made, *profile), 1.0, 0.015);
  }
}

TEST(UndeclaredSensor, LoggersThatPrintNowAndThenTellTheTotal) {
  MadeRecordingPlan plan;
  plan.seconds = 30.0;
  plan.read_period = 0.1;
  plan.seed = 2;
  const MadeRecording made = published(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_TRUE(profile->pass_energy);
  EXPECT_NEAR(profile->pass_energy->value.value() / true_pass_energy(made, *profile), 1.0, 0.02);
}

}  // namespace
}  // namespace layerwatt
