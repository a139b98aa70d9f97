// What `solve` makes of simulated recordings under the schedules in which layers run by themselves.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string_view>
#include <vector>

#include "layerwatt/attribution/solve.h"
#include "layerwatt/simulation/simulated_recording.h"

#include "attribution/profile_score.h"

namespace layerwatt {
namespace {

using testing::ProfileScore;
using testing::score_of;
using namespace std::chrono_literals;

Simulation simulation_of(std::string_view network, int samples, const SimulationSpec& spec) {
  const auto board =
      with_sensor_settings(find_virtual_board("orin-nano").value(), samples, std::nullopt).value();
  return simulate(built_in_simulated_network(network).value(), board, spec).value();
}

SimulationSpec shuffled(Schedule schedule, Duration duration, std::uint64_t seed) {
  SimulationSpec spec;
  spec.schedule = schedule;
  spec.duration = duration;
  spec.shuffle_powers = true;
  spec.seed = seed;
  return spec;
}

TEST(SolvedSchedules, WeighingTellsWhatLiesBetweenExecutionsFromThem) {
  const SimulationSpec spec = shuffled(Schedule::kWeighing, 60s, 4);
  const Simulation simulation = simulation_of("mobilenet-like", 512, spec);
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_TRUE(profile->gap_power);
  const Watts gap = simulation.run.truth.powers.gap;
  EXPECT_NEAR(profile->gap_power->value.value(), gap.value(), 0.1);
  const ProfileScore score = score_of(*profile, simulation);
  EXPECT_LT(score.error, 0.025);
  EXPECT_GT(score.resolved, 45.0);
}

TEST(SolvedSchedules, WeighingTellsFirstExecutionsThatDrawOtherPowerThanRepeats) {
  SimulationSpec spec = shuffled(Schedule::kWeighing, 80s, 2);
  spec.repeat_difference = 0.05;
  const Simulation simulation = simulation_of("alexnet-like", 512, spec);
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, simulation);
  // Off by 3.4 % where no block leaves layers out.
  EXPECT_LT(score.error, 0.015);
  EXPECT_GE(score.covered, 0.7 * score.resolved);
}

TEST(SolvedSchedules, LayersThatRunAloneAreToldBySingleConversions) {
  for (const std::string_view network : {"alexnet-like", "lenet-like"}) {
    const SimulationSpec spec = shuffled(Schedule::kIsolated, 30s, 2);
    const Simulation simulation = simulation_of(network, 1, spec);
    const auto profile = solve(simulation.run.total, simulation.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    const ProfileScore score = score_of(*profile, simulation);
    // Off by 0.1 to 0.2 % where readings of a turn's edges count.
    EXPECT_LT(score.error, 0.002) << network;
    EXPECT_GE(score.resolved, 0.7 * static_cast<double>(profile->rows.size())) << network;
    EXPECT_GE(score.covered, 0.8 * score.resolved) << network;
  }
}

/// Each layer's power takes up what the board drifts by in its turn: intervals hold only where that
/// drift was found, without it by half of the layers here.
TEST(SolvedSchedules, LayersThatRunAloneAreToldByBlockAverages) {
  ProfileScore all;
  for (const std::uint64_t seed : {11U, 13U}) {
    const auto board = find_virtual_board("thor").value();
    const SimulationSpec spec = shuffled(Schedule::kIsolated, 40s, seed);
    const Simulation simulation =
        simulate(built_in_simulated_network("mobilenet-like").value(), board, spec).value();
    const auto profile = solve(simulation.run.total, simulation.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    const ProfileScore score = score_of(*profile, simulation);
    EXPECT_LT(score.error, 0.001) << seed;
    EXPECT_EQ(score.resolved, static_cast<double>(profile->rows.size())) << seed;
    all += score;
  }
  EXPECT_GE(all.covered, 0.88 * all.resolved);
}

TEST(SolvedSchedules, LayersThatRunAloneAreToldBehindASlowFilter) {
  const SimulationSpec spec = shuffled(Schedule::kIsolated, 80s, 2);
  const Simulation simulation = simulation_of("alexnet-like", 512, spec);
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, simulation);
  // The board's drift while a layer runs counts as that layer's.
  EXPECT_LT(score.error, 0.02);
  EXPECT_GE(score.resolved, 18.0);
}

/// Blocks of one engine each, with engines loaded in between.
SimulationSpec engine_blocks(std::int32_t sets, std::uint64_t seed) {
  SimulationSpec spec = shuffled(Schedule::kWeighing, 1s, seed);
  spec.engine_sets = sets;
  return spec;
}

TEST(SolvedSchedules, BlocksOfOneEngineTellLayersBehindAnAveragingSensorAndWithoutOne) {
  const struct {
    int samples;
    double error;
  } cases[] = {{512, 0.02}, {1, 0.015}};
  for (const auto& tried : cases) {
    const Simulation simulation = simulation_of("alexnet-like", tried.samples, engine_blocks(2, 3));
    EXPECT_GT(simulation.run.truth.powers.interlude, Watts(0.2)) << "loading is no idle";
    const auto profile = solve(simulation.run.total, simulation.timeline);
    ASSERT_TRUE(profile) << profile.error().to_string();
    const ProfileScore score = score_of(*profile, simulation);
    EXPECT_LT(score.error, tried.error) << tried.samples;
    EXPECT_GE(score.resolved, 0.9 * static_cast<double>(profile->rows.size())) << tried.samples;
    EXPECT_GE(score.covered, 0.8 * score.resolved) << tried.samples;
    ASSERT_TRUE(profile->sum_check);
    EXPECT_LT(std::abs(*profile->sum_check), 0.01);
    for (const std::string& note : profile->notes) {
      EXPECT_EQ(note.find("Check '"), std::string::npos) << note;
    }
  }
}

TEST(SolvedSchedules, WhatEnginesDrewWhileTheyWereLoadedWouldElseCountAsIdle) {
  const Simulation simulation = simulation_of("alexnet-like", 512, engine_blocks(1, 5));
  Timeline unknowing = simulation.timeline;
  unknowing.interludes.clear();
  const auto profile = solve(simulation.run.total, simulation.timeline);
  const auto without = solve(simulation.run.total, unknowing);
  ASSERT_TRUE(profile) << profile.error().to_string();
  ASSERT_TRUE(without) << without.error().to_string();
  EXPECT_GT(score_of(*without, simulation).error, 3.0 * score_of(*profile, simulation).error);
}

TEST(SolvedSchedules, AnEnergyCounterCannotLeaveOutWhatWasLoaded) {
  Simulation simulation = simulation_of("lenet-like", 1, engine_blocks(1, 1));
  PowerTrace counter;
  counter.rail.name = "counter";
  counter.rail.kind = RailKind::kEnergyCounter;
  for (std::size_t k = 0; k < simulation.run.total.size(); ++k) {
    counter.before.push_back(simulation.run.total.before[k]);
    counter.after.push_back(simulation.run.total.after[k]);
    counter.energy.emplace_back(0.01 * static_cast<double>(k));
  }
  const auto profile = solve(counter, simulation.timeline);
  ASSERT_FALSE(profile);
  EXPECT_NE(profile.error().to_string().find("adds up what engines drew"), std::string::npos);
}

}  // namespace
}  // namespace layerwatt
