#include "attribution/sensor/declared_sensor_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/simulation/simulated_recording.h"

#include "attribution/made_recording.h"
#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;
using namespace std::chrono_literals;

SensorModel ina3221(int samples, Duration time) {
  SensorModel model;
  model.period = 6 * time;
  model.conversion_window = time;
  model.average_count = samples;
  model.averaging = samples > 1 ? Averaging::kExponential : Averaging::kNone;
  return model;
}

MadeRecording made(int samples, Duration time, std::uint64_t seed) {
  MadeRecordingPlan plan;
  plan.samples = samples;
  plan.conversion_time = time;
  plan.layers = 8;
  plan.seconds = 10.0;
  plan.seed = seed;
  return make_recording(plan);
}

std::optional<std::string> against(const MadeRecording& recording, const SensorModel& declared) {
  const LoadPieces load =
      load_pieces(recording.timeline, recording.trace.before.front(), std::nullopt);
  return contradicts_declared({&recording.trace, &load, true, true, declared});
}

TEST(DeclaredSensorCheck, NothingSpeaksAgainstTheTrueSettings) {
  std::uint64_t seed = 1;
  for (const auto& [samples, time] :
       {std::pair(512, 140us), std::pair(1, 140us), std::pair(1, 1100us), std::pair(64, 1100us),
        std::pair(16, 140us), std::pair(128, 588us)}) {
    for (int i = 0; i < 3; ++i) {
      const auto words = against(made(samples, time, seed++), ina3221(samples, time));
      EXPECT_FALSE(words) << samples << " of " << time.count() << " µs: " << *words;
    }
  }
}

/// What ran last before the load ends is any layer, and a filter of some passes holds more of it
/// than of the others: taken for their mean, its decay seemed thrice as long.
TEST(DeclaredSensorCheck, NothingSpeaksAgainstTheTrueSettingsWhereLayersRunInBlocks) {
  for (const int samples : {4, 16, 64, 128, 512}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SimulationSpec spec;
      spec.schedule = Schedule::kWeighing;
      spec.duration = 6s;
      spec.seed = seed;
      const auto board =
          with_sensor_settings(find_virtual_board("orin-nano").value(), samples, 140us);
      const auto simulation =
          simulate(built_in_simulated_network("alexnet-like").value(), *board, spec);
      const PowerTrace& trace = simulation->run.total;
      const LoadPieces load = load_pieces(simulation->timeline, trace.before.front(), std::nullopt);
      const auto words =
          contradicts_declared({&trace, &load, false, true, ina3221(samples, 140us)});
      EXPECT_FALSE(words) << samples << ", seed " << seed << ": " << *words;
    }
  }
}

TEST(DeclaredSensorCheck, OtherSettingsAreContradicted) {
  const MadeRecording stock = made(512, 140us, 1);
  EXPECT_THAT(against(stock, ina3221(1, 140us)).value_or(""), HasSubstr("begin and end"));
  EXPECT_THAT(against(stock, ina3221(16, 140us)).value_or(""), HasSubstr("time constant"));
  const MadeRecording single = made(1, 140us, 2);
  EXPECT_THAT(against(single, ina3221(512, 140us)).value_or(""), HasSubstr("time constant"));
  EXPECT_THAT(against(single, ina3221(1, 1100us)).value_or(""), HasSubstr("readings change every"));
  const MadeRecording slow = made(1, 1100us, 3);
  EXPECT_THAT(against(slow, ina3221(1, 140us)).value_or(""), HasSubstr("begin and end"));
}

TEST(DeclaredSensorCheck, WhatTheRecordingSaysIsTakenAndTold) {
  MadeRecording recording = made(512, 140us, 4);
  recording.trace.rail.model = ina3221(1, 140us);
  const auto profile = solve(recording.trace, recording.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_THAT(profile->notes, Contains(HasSubstr("Check 'sensor': The recording contradicts")));
  ASSERT_TRUE(profile->sensor_finding);
  EXPECT_THAT(profile->sensor_finding->found, HasSubstr("512 averages"));
  ASSERT_TRUE(profile->pass_energy);
  EXPECT_NEAR(profile->pass_energy->value.value() / testing::true_pass_energy(recording, *profile),
              1.0, 0.03);
}

}  // namespace
}  // namespace layerwatt
