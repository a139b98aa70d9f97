#include "attribution/checks/recording_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "layerwatt/simulation/bent_readings.h"

#include "attribution/checks/prepare_readings.h"
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
  return prepare_readings(bent, load_pieces(made.timeline, bent.before.front(), {}), made.timeline,
                          idle);
}

bool found(const PreparedReadings& readings, RecordingCheck check) {
  return std::ranges::any_of(readings.findings,
                             [&](const Finding& finding) { return finding.check == check; });
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

TEST(RecordingChecks, PassesThatOverlapHaveNoLayersOfTheirOwn) {
  Timeline timeline;
  timeline.layers.resize(1);
  for (int pass = 0; pass < 10; ++pass) {
    Execution e;
    e.pass = pass;
    e.start = instant_from_ns(0) + pass * std::chrono::milliseconds(1);
    e.end = e.start + std::chrono::milliseconds(3);
    timeline.executions.push_back(e);
  }
  EXPECT_GT(overlap_of_passes(timeline), 0.5);
  for (Execution& e : timeline.executions) e.end = e.start + std::chrono::microseconds(999);
  EXPECT_EQ(overlap_of_passes(timeline), 0.0);
}

}  // namespace
}  // namespace layerwatt
