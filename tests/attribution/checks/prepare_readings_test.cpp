#include "attribution/checks/prepare_readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "layerwatt/simulation/bent_readings.h"

#include "attribution/made_recording.h"

namespace layerwatt {
namespace {

using ::testing::HasSubstr;
using testing::MadeRecording;
using testing::MadeRecordingPlan;
using testing::make_recording;

MadeRecording made_once(std::uint64_t seed = 4) {
  MadeRecordingPlan plan;
  plan.samples = 1;
  plan.layers = 6;
  plan.seconds = 8.0;
  plan.seed = seed;
  MadeRecording made = make_recording(plan);
  made.trace.rail.model = SensorModel{};
  return made;
}

PreparedReadings prepared(const MadeRecording& made, Bend bend,
                          std::optional<Watts> idle = std::nullopt) {
  Random random(3, "bend");
  const PowerTrace bent = bend_readings(made.trace, bend, random);
  return prepare_readings({bent, load_pieces(made.timeline, bent.before.front(), {}),
                           look_over(made.timeline).pass_times, made.timeline.interludes, idle});
}

bool found(const PreparedReadings& readings, RecordingCheck check) {
  return std::ranges::any_of(readings.findings,
                             [&](const CheckFinding& finding) { return finding.check == check; });
}

TEST(RecordingChecks, ASoundRecordingPassesThemAll) {
  const PreparedReadings readings = prepared(made_once(), Bend::kNone, watts(3.6));
  EXPECT_TRUE(readings.findings.empty()) << readings.findings.front().sentence;
  EXPECT_TRUE(readings.refusal.empty());
  EXPECT_TRUE(readings.hides_layers.empty());
}

TEST(RecordingChecks, ReadingsOfWhichNothingCanBeKnownAreRefusedInOneSentence) {
  const MadeRecording made = made_once();
  for (const Bend bend : {Bend::kMicroUnits, Bend::kWholeUnits, Bend::kMicroAmperes}) {
    const PreparedReadings readings = prepared(made, bend, watts(3.6));
    EXPECT_TRUE(found(readings, RecordingCheck::kUnits)) << to_string(bend);
    EXPECT_THAT(readings.refusal, HasSubstr("unit")) << to_string(bend);
  }
  EXPECT_THAT(prepared(made, Bend::kMicroUnits).refusal, HasSubstr("unit")) << "without idle power";
  EXPECT_THAT(prepared(made, Bend::kNegative).refusal, HasSubstr("negative"));
  EXPECT_THAT(prepared(made, Bend::kStuck).refusal, HasSubstr("equal"));
}

TEST(RecordingChecks, WhatIsWrongWithSomeReadingsIsToldAndLeftOut) {
  const MadeRecording made = made_once();
  EXPECT_TRUE(found(prepared(made, Bend::kSpikes), RecordingCheck::kSpikes));
  EXPECT_TRUE(found(prepared(made, Bend::kZeros), RecordingCheck::kZero));
  EXPECT_TRUE(found(prepared(made, Bend::kStuckForAWhile), RecordingCheck::kStuck));
  EXPECT_TRUE(found(prepared(made, Bend::kGap), RecordingCheck::kGap));
  const PreparedReadings readings = prepared(made, Bend::kSpikes);
  EXPECT_LT(readings.trace.size(), made.trace.size());
  for (const Watts power : readings.trace.power) EXPECT_LT(power.value(), 20.0);
}

/// Passes of one layer, 1 ms each, from 2 s to 4 s; idle at 3.6 W and 7.6 W while they run, to the
/// digit: a meter of steps that nothing but the load exceeds.
struct NoiselessRecording {
  PowerTrace trace;
  Timeline timeline;
};

NoiselessRecording noiseless(Duration stamped_late, int streams) {
  NoiselessRecording made;
  made.timeline.layers.resize(1);
  const Instant origin = instant_from_ns(0);
  for (int pass = 0; pass < 2000; ++pass) {
    Execution e;
    e.pass = pass;
    e.start = origin + stamped_late + std::chrono::seconds(2) + pass * std::chrono::milliseconds(1);
    e.end = e.start + streams * std::chrono::milliseconds(1);
    made.timeline.executions.push_back(e);
  }
  for (int k = 0; k < 7000; ++k) {
    made.trace.before.push_back(origin + k * std::chrono::milliseconds(1));
    const bool runs = k >= 2000 && k < 4000 + streams - 1;
    made.trace.power.push_back(watts(runs ? 7.6 : 3.6));
  }
  made.trace.after = made.trace.before;
  return made;
}

PreparedReadings prepared(const NoiselessRecording& made) {
  return prepare_readings({made.trace, load_pieces(made.timeline, made.trace.before.front(), {}),
                           look_over(made.timeline).pass_times, made.timeline.interludes,
                           watts(3.6)});
}

TEST(RecordingChecks, ReadingsThatStandAtLevelsOfALoadStampedElsewhereAreNotStuck) {
  for (const auto late : {std::chrono::milliseconds(1200), std::chrono::milliseconds(2300)}) {
    const PreparedReadings readings = prepared(noiseless(late, 1));
    EXPECT_TRUE(readings.refusal.empty()) << readings.refusal;
    EXPECT_FALSE(found(readings, RecordingCheck::kStuck));
    ASSERT_TRUE(found(readings, RecordingCheck::kClocks));
    EXPECT_THAT(readings.findings.front().sentence,
                HasSubstr(late.count() == 1200 ? "1.20 s earlier" : "2.30 s earlier"));
    EXPECT_FALSE(readings.hides_layers.empty());
    EXPECT_NEAR(to_seconds(readings.trace.before[2000] - readings.trace.before[0]), 2.0, 1e-9);
  }
}

TEST(RecordingChecks, PassesOfSeveralStreamsAreToldAsSuchAndNotAsAStuckSensor) {
  const PreparedReadings readings = prepared(noiseless(Duration(0), 3));
  EXPECT_TRUE(readings.refusal.empty()) << readings.refusal;
  ASSERT_EQ(readings.findings.size(), 1U) << readings.findings.front().sentence;
  EXPECT_EQ(readings.findings.front().check, RecordingCheck::kPasses);
  EXPECT_THAT(readings.hides_layers, HasSubstr("overlap"));
}

}  // namespace
}  // namespace layerwatt
