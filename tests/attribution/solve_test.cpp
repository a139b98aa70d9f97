#include "layerwatt/attribution/solve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "attribution/made_recording.h"
#include "attribution/model/callback_stamps.h"
#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::holds;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;
using testing::ProfileScore;
using testing::score_of;
using testing::true_pass_energy;

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

TEST(Solve, TellsLayersApartBehindASlowFilterByWeighing) {
  const MadeRecording made = make_recording(weighing_plan(3));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(score_of(*profile, made).error, 0.03);
  EXPECT_EQ(profile->method, "solve");
  EXPECT_TRUE(profile->is_virtual);
  ASSERT_TRUE(profile->idle_power);
  EXPECT_NEAR(profile->idle_power->value.value(), made.truth.idle.value(), 0.1);
}

/// The register's clock counts from the first reading that is left.
TEST(Solve, TellsLayersApartWhereTheFirstReadingsAreLeftOut) {
  MadeRecordingPlan plan = single_conversions_plan(5);
  plan.conversion_time = std::chrono::microseconds(1100);
  MadeRecording made = make_recording(plan);
  for (std::size_t k = 0; k < 4; ++k) {
    made.trace.power[k] = Watts(-5.0);
    made.trace.current[k] = -made.trace.current[k];
  }
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(score_of(*profile, made).error, 0.02);
}

TEST(Solve, TellsLayersApartWithinAPassBySingleConversions) {
  const MadeRecording made = make_recording(single_conversions_plan(5));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(score_of(*profile, made).error, 0.02);
}

TEST(Solve, RefusesLayersOfWholePassesBehindASlowFilterButTellsTheTotal) {
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    MadeRecordingPlan plan;
    plan.seconds = 30.0;
    plan.seed = seed;
    const MadeRecording made = make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    for (const LayerProfileRow& row : profile->rows) {
      EXPECT_EQ(row.status, LayerStatus::kUnresolved);
      EXPECT_FALSE(row.reason.empty());
    }
    ASSERT_TRUE(profile->identifiability);
    ASSERT_FALSE(profile->identifiability->advice.empty());
    EXPECT_THAT(profile->identifiability->advice.front(), HasSubstr("--schedule weighing"));
    ASSERT_TRUE(profile->pass_energy);
    const double energy = true_pass_energy(made, *profile);
    EXPECT_NEAR(profile->pass_energy->value.value() / energy, 1.0, 0.01) << seed;
    held += holds(*profile->pass_energy, energy) ? 1 : 0;
  }
  // A register that hardly moves is rounded the same way all the time.
  EXPECT_GE(held, 5);
}

TEST(Solve, FindsTheTimeConstantOfASlowFilter) {
  for (const std::uint64_t seed : {3U, 8U}) {
    const MadeRecording made = make_recording(weighing_plan(seed));
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    ASSERT_TRUE(profile->sensor);
    const auto found = effective_time_constant(*profile->sensor);
    ASSERT_TRUE(found);
    const double truth = -made.cycle_seconds / std::log1p(-1.0 / 512.0);
    EXPECT_NEAR(to_seconds(*found) / truth, 1.0, 0.03);
  }
}

TEST(Solve, FindsTheConversionPeriodToTenPartsPerMillion) {
  for (const std::uint64_t seed : {5U, 6U}) {
    const MadeRecording made = make_recording(single_conversions_plan(seed));
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    ASSERT_TRUE(profile->sensor && profile->sensor->period);
    // Periods are whole nanoseconds: 1.2 ppm of this one.
    EXPECT_NEAR(to_seconds(*profile->sensor->period) / made.cycle_seconds, 1.0, 10e-6);
  }
}

TEST(Solve, FindsAClockFarFromTheDeclaredOne) {
  for (const double error : {-0.25, 0.12, 0.27}) {
    MadeRecordingPlan plan = single_conversions_plan(7);
    plan.oscillator_error = error;
    // Long layers: a wrong clock would explain most of what they draw.
    plan.shortest_layer = 0.3e-3;
    plan.longest_layer = 3e-3;
    const MadeRecording made = make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    ASSERT_TRUE(profile->sensor && profile->sensor->period);
    EXPECT_NEAR(to_seconds(*profile->sensor->period) / made.cycle_seconds, 1.0, 1e-4) << error;
    EXPECT_LT(score_of(*profile, made).error, 0.01) << error;
  }
}

TEST(Solve, TellsWhatItCanOfPassesInStepWithTheConversions) {
  MadeRecordingPlan plan = single_conversions_plan(7);
  plan.locked = true;
  const MadeRecording made = make_recording(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, made);
  EXPECT_LT(score.resolved, plan.layers);
  EXPECT_GE(score.covered, score.resolved - 1);
}

TEST(Solve, GuessesMergedLayersBetterThanByTheMeanOfAll) {
  double guessed = 0.0;
  double evenly = 0.0;
  int merged = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    MadeRecordingPlan plan = weighing_plan(seed);
    plan.layers = 20;
    plan.seconds = 25.0;
    const MadeRecording made = make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    double energy = 0.0;
    double time = 0.0;
    for (std::size_t l = 0; l < profile->rows.size(); ++l) {
      ASSERT_TRUE(profile->rows[l].power) << l;
      energy += profile->rows[l].power->value.value() * made.mean_seconds[l];
      time += made.mean_seconds[l];
    }
    for (std::size_t l = 0; l < profile->rows.size(); ++l) {
      const LayerProfileRow& row = profile->rows[l];
      if (row.status != LayerStatus::kMerged) continue;
      ++merged;
      EXPECT_FALSE(row.power->low);
      guessed += std::abs(row.power->value.value() - made.watts[l]) * made.mean_seconds[l];
      evenly += std::abs(energy / time - made.watts[l]) * made.mean_seconds[l];
    }
  }
  ASSERT_GT(merged, 0);
  EXPECT_LT(guessed, 0.7 * evenly);
}

TEST(Solve, LeavesLayersThatAreToldAloneBesideWeakNeighbours) {
  // Ten to a hundred times shorter layers stand between long ones.
  MadeRecordingPlan plan = weighing_plan(3);
  plan.layers = 20;
  plan.shortest_layer = 10e-6;
  plan.longest_layer = 4e-3;
  const MadeRecording made = make_recording(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  int merged = 0;
  for (std::size_t l = 0; l < profile->rows.size(); ++l) {
    const LayerProfileRow& row = profile->rows[l];
    if (row.status == LayerStatus::kMerged) ++merged;
    if (made.mean_seconds[l] < 0.5e-3) continue;
    EXPECT_EQ(row.status, LayerStatus::kResolved) << l << ": " << row.reason;
    EXPECT_NEAR(row.power->value.value() / made.watts[l], 1.0, 0.1) << l;
  }
  EXPECT_GT(merged, 0);
}

/// Short against the time constant of the averaging: most of what tells layers apart happens
/// within a few of the sensor's periods.
MadeRecordingPlan fast_average_plan(std::uint64_t seed) {
  MadeRecordingPlan plan = weighing_plan(seed);
  plan.samples = 16;
  plan.layers = 9;
  plan.shortest_layer = 10e-6;
  plan.longest_layer = 70e-6;
  plan.layer_gap = 60e-9;
  plan.seconds = 8.0;
  plan.block_seconds = 0.06;
  plan.shortest_read = 40e-6;
  plan.longest_read = 60e-6;
  return plan;
}

TEST(Solve, SeesNoDifferenceOfRepeatsWhereThereIsNone) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const MadeRecording made = make_recording(fast_average_plan(seed));
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    for (std::size_t l = 0; l < profile->rows.size(); ++l) {
      const LayerProfileRow& row = profile->rows[l];
      EXPECT_FALSE(row.repeat_power) << l;
      if (made.mean_seconds[l] < 30e-6) continue;
      EXPECT_EQ(row.status, LayerStatus::kResolved) << l << ": " << row.reason;
      EXPECT_NEAR(row.power->value.value() / made.watts[l], 1.0, 0.1) << l;
    }
    EXPECT_LT(score_of(*profile, made).error, 0.06) << seed;
  }
}

TEST(Solve, TellsRepeatsApartThatDrawOtherPower) {
  MadeRecordingPlan plan = single_conversions_plan(4);
  plan.schedule = Schedule::kWeighing;
  plan.block_seconds = 0.0;
  plan.repeats_differ = true;
  const MadeRecording made = make_recording(plan);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  for (std::size_t l = 0; l < profile->rows.size(); ++l) {
    const LayerProfileRow& row = profile->rows[l];
    ASSERT_TRUE(row.repeat_power) << l << ": " << to_string(row.status);
    EXPECT_NEAR(row.repeat_power->value.value() / made.truth.powers.repeated[l].value(), 1.0, 0.02)
        << l;
    EXPECT_NEAR(row.power->value.value() / made.watts[l], 1.0, 0.03) << l;
  }
}

TEST(Solve, GivesTheEnergyOfAPassInStepWithTheConversionsOnlyWithAnIntervalThatHoldsIt) {
  int given = 0;
  int held = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    MadeRecordingPlan plan = single_conversions_plan(seed);
    plan.locked = true;
    const MadeRecording made = make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    if (!profile->pass_energy) {
      EXPECT_THAT(profile->notes, ::testing::Contains(HasSubstr("never saw some parts")));
      continue;
    }
    ++given;
    held += holds(*profile->pass_energy, true_pass_energy(made, *profile)) ? 1 : 0;
  }
  EXPECT_GE(given, 1);
  EXPECT_GE(held, given - 1);
}

TEST(Solve, RefusesLayersWhereNoClockExplainsTheReadings) {
  const MadeRecording made = make_recording(single_conversions_plan(5));
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
  EXPECT_THAT(profile->notes, ::testing::Contains(HasSubstr("settings")));
}

TEST(Solve, LaysLayersByTheirRunTimesWhereStampsAreCallbacks) {
  MadeRecordingPlan plan = single_conversions_plan(9);
  plan.longest_pause = 800e-6;
  plan.seconds = 10.0;
  const MadeRecording made = make_recording(plan);
  Timeline stamped = made.timeline;
  stamped.stamps = StampSource::kUnknown;
  for (std::size_t first = 0; first < stamped.executions.size();) {
    std::size_t behind = first;
    while (behind < stamped.executions.size() &&
           stamped.executions[behind].pass == stamped.executions[first].pass) {
      ++behind;
    }
    const Instant end = stamped.executions[behind - 1].end;
    for (std::size_t i = first; i < behind; ++i) {
      Execution& e = stamped.executions[i];
      const Duration run_time = e.run_time();
      e.end = end + std::chrono::microseconds(40 + 18 * (i - first));
      e.start = e.end - run_time;
    }
    first = behind;
  }
  std::ranges::stable_sort(stamped.executions, {}, &Execution::start);
  const auto profile = solve(made.trace, stamped);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->stamps, StampSource::kCallback);
  EXPECT_THAT(profile->notes, ::testing::Contains(HasSubstr("callbacks")));
  EXPECT_LT(score_of(*profile, made).error, 0.02);
  // Stamps that are said to have been measured are believed.
  stamped.stamps = StampSource::kMeasured;
  EXPECT_FALSE(are_callback_stamps(stamped));
  EXPECT_FALSE(are_callback_stamps(made.timeline));
}

TEST(Solve, AddsUpToWhatWasMeasured) {
  const MadeRecording made = make_recording(weighing_plan(8));
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_TRUE(profile->sum_check);
  EXPECT_LT(std::abs(*profile->sum_check), 0.005);
}

TEST(Solve, ReadsThatOverlapAreNoHarm) {
  MadeRecordingPlan plan = weighing_plan(3);
  plan.seconds = 10.0;
  MadeRecording made = make_recording(plan);
  made.trace.after[0] = made.trace.before[0] + std::chrono::milliseconds(200);
  made.trace.after[500] = made.trace.before[500] + std::chrono::milliseconds(7);
  const auto profile = solve(made.trace, made.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_LT(score_of(*profile, made).error, 0.1);
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
