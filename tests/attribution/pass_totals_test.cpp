#include "attribution/inference/pass_totals.h"

#include <gmock/gmock.h>

#include "layerwatt/attribution/solve.h"

#include "attribution/made_recording.h"

namespace layerwatt {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

/// `plain` passes of `plain_time`, then `layered` ones of two layers of 1 ms and 2 ms with 0.5 ms
/// between them and behind.
Timeline two_kinds(int plain, Duration plain_time, int layered) {
  Timeline timeline;
  timeline.layers.resize(2);
  Instant at;
  std::int32_t pass = 0;
  const auto add = [&](std::int32_t segment, Instant start, Duration time) {
    Execution e;
    e.segment = segment;
    e.pass = pass;
    e.start = start;
    e.end = start + time;
    timeline.executions.push_back(e);
  };
  for (int i = 0; i < plain; ++i, ++pass) {
    // Passes scatter by a thousandth.
    const Duration time = plain_time + (i % 2 == 0 ? 1us : -1us);
    add(kWholePass, at, time);
    at += time + 100us;
  }
  for (int i = 0; i < layered; ++i, ++pass) {
    add(kWholePass, at, 3500us);
    add(0, at, 1ms);
    add(1, at + 1500us, 2ms);
    at += 4ms;
  }
  return timeline;
}

std::vector<RunTimeStats> times_of(const Timeline& timeline) {
  std::vector<RunTimeStats> stats;
  for (const auto& times : run_times_of_layers(timeline)) stats.push_back(run_time_stats(times));
  return stats;
}

std::string effect_of(const Timeline& timeline) {
  const TimelineLook look = look_over(timeline);
  ProfilerEffect effect(timeline.schedule, look);
  for (const Execution& e : timeline.executions) effect.add(e);
  return effect.in_words();
}

TEST(PassTotals, NeverMixPassesWithAndWithoutTheProfiler) {
  const Timeline timeline = two_kinds(10, 3ms, 20);
  const LoadPieces load = load_pieces(timeline, Instant(), std::nullopt);
  const PassTotal layered = layered_pass(load, timeline.schedule, times_of(timeline));
  EXPECT_NEAR(layered.seconds[0], 1e-3, 1e-9);
  EXPECT_NEAR(layered.seconds[1], 2e-3, 1e-9);
  // Between the layers and behind them; behind the last pass there is nothing.
  EXPECT_NEAR(layered.gap_time, 0.975e-3, 1e-6);
  EXPECT_EQ(layered.seconds[load.pass_column()], 0.0);
  EXPECT_NEAR(layered.time, layered.seconds.sum(), 1e-12);
  const auto plain = plain_pass(load);
  ASSERT_TRUE(plain);
  EXPECT_NEAR(plain->seconds[load.pass_column()], 3e-3, 1e-6);
  EXPECT_NEAR(plain->gap_time, 0.1e-3, 1e-6);
}

TEST(PassTotals, OfPassesAloneAreThoseOfThePasses) {
  const Timeline timeline = two_kinds(10, 3ms, 0);
  const LoadPieces load = load_pieces(timeline, Instant(), std::nullopt);
  EXPECT_FALSE(plain_pass(load));
  const PassTotal pass = layered_pass(load, timeline.schedule, times_of(timeline));
  EXPECT_NEAR(pass.seconds[load.pass_column()], 3e-3, 1e-6);
}

TEST(PassTotals, SayWhatTheProfilerDoesWhereItIsMoreThanPassesScatter) {
  // 3.5 ms with it.
  EXPECT_THAT(effect_of(two_kinds(20, 3ms, 20)),
              HasSubstr("took 3.50 ms on average, 16.7 % more than the 3.00 ms of those without"));
  EXPECT_THAT(effect_of(two_kinds(20, 4ms, 20)), HasSubstr("12.5 % less"));
  EXPECT_EQ(effect_of(two_kinds(20, 3500us, 20)), "");
  EXPECT_EQ(effect_of(two_kinds(0, 3ms, 20)), "");
}

TEST(PassTotals, AreTheSumOfTheRowsAndTheTimeBetweenThem) {
  for (const Schedule schedule : {Schedule::kWhole, Schedule::kWeighing}) {
    testing::MadeRecordingPlan plan;
    plan.schedule = schedule;
    plan.samples = schedule == Schedule::kWhole ? 1 : 512;
    plan.layers = 8;
    plan.seconds = schedule == Schedule::kWhole ? 8.0 : 25.0;
    plan.seed = 4;
    const testing::MadeRecording made = testing::make_recording(plan);
    const auto profile = solve(made.trace, made.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    Joules sum;
    Duration time(0);
    for (const LayerProfileRow& row : profile->rows) {
      ASSERT_TRUE(row.energy);
      sum += row.energy->value;
      time += row.run_time.mean;
    }
    ASSERT_TRUE(profile->gap_power && profile->gap_time && profile->pass_energy);
    sum += profile->gap_power->value * *profile->gap_time;
    EXPECT_NEAR(profile->pass_energy->value.value(), sum.value(), 1e-9);
    EXPECT_LE(*profile->pass_energy->low, sum);
    EXPECT_GE(*profile->pass_energy->high, sum);
    EXPECT_NEAR(to_seconds(*profile->pass_time), to_seconds(time + *profile->gap_time), 1e-8);
    const auto with_idle = pass_energy_with_idle(*profile);
    ASSERT_TRUE(with_idle);
    EXPECT_NEAR((*with_idle - profile->pass_energy->value).value(),
                (profile->idle_power->value * *profile->pass_time).value(), 1e-12);
  }
}

TEST(Solve, RefusesReadingsThatAreAllZeroOrMostlyNegative) {
  testing::MadeRecordingPlan plan;
  plan.samples = 1;
  plan.layers = 4;
  plan.seconds = 3.0;
  const testing::MadeRecording made = testing::make_recording(plan);
  for (const double factor : {0.0, -1.0}) {
    PowerTrace trace = made.trace;
    for (Watts& power : trace.power) power = factor * power;
    for (Amperes& current : trace.current) current = factor * current;
    const auto profile = solve(trace, made.timeline);
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().code(), ErrorCode::kUnknowable);
    EXPECT_THAT(profile.error().message(),
                HasSubstr(factor == 0.0 ? "readings of VDD_IN are exactly 0 W" : "are negative"));
  }
}

/// A program marks three regions, which run in a loop: one pass, many runs of each.
TEST(PassTotals, RegionsOfALoopAreToldAndAPassIsOneRoundOfIt) {
  testing::MadeRecordingPlan plan;
  plan.layers = 3;
  plan.shortest_layer = 0.08;
  plan.longest_layer = 0.4;
  plan.seconds = 30.0;
  const testing::MadeRecording made = testing::make_recording(plan);
  Timeline program = made.timeline;
  std::erase_if(program.executions, [](const Execution& e) { return e.segment == kWholePass; });
  for (Execution& e : program.executions) e.pass = 0;
  const auto profile = solve(made.trace, program);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(profile->passes, 1);
  EXPECT_THAT(profile->notes, Not(Contains(HasSubstr("mean power"))));
  double round = 0.0;
  for (std::size_t l = 0; l < made.watts.size(); ++l) {
    const LayerProfileRow& row = profile->rows[l];
    ASSERT_EQ(row.status, LayerStatus::kResolved) << row.reason;
    EXPECT_GT(row.run_time.count, 20);
    EXPECT_NEAR(row.power->value.value() / made.watts[l], 1.0, 0.02) << l;
    round += made.watts[l] * made.mean_seconds[l];
  }
  ASSERT_TRUE(profile->pass_energy);
  EXPECT_NEAR(profile->pass_energy->value.value() / round, 1.0, 0.02);
}

/// One region runs once, the others in a loop: what they cost together is of one round.
TEST(PassTotals, ARegionThatRunsOnceCountsInProportion) {
  LayerProfile profile;
  profile.schedule = Schedule::kWhole;
  profile.rows.resize(2);
  profile.rows[0].run_time.count = 1;
  profile.rows[1].run_time.count = 50;
  EXPECT_THAT(runs_per_pass(profile), ElementsAre(0.02, 1.0));
  profile.schedule = Schedule::kWeighing;
  EXPECT_THAT(runs_per_pass(profile), ElementsAre(1.0, 1.0));
}

}  // namespace
}  // namespace layerwatt
