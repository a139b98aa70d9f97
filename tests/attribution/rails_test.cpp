// What `solve` makes of boards whose total is of several rails.

#include <gtest/gtest.h>

#include <chrono>
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

Simulation simulated(std::string_view board, int samples, Schedule schedule, Duration duration) {
  SimulationSpec spec;
  spec.schedule = schedule;
  spec.duration = duration;
  spec.shuffle_powers = true;
  spec.seed = 3;
  const auto settings =
      with_sensor_settings(find_virtual_board(board).value(), samples, 140us).value();
  return simulate(built_in_simulated_network("alexnet-like").value(), settings, spec).value();
}

/// A chip converts one channel after the other: taken for one reading of one moment, the sum told
/// layers 5 % off, and a third of the intervals held.
TEST(SolvedRails, SingleConversionsOfThreeChannelsAreToldEachByItself) {
  const Simulation simulation = simulated("agx-orin", 1, Schedule::kWeighing, 30s);
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, simulation);
  EXPECT_LT(score.error, 0.02);
  EXPECT_GE(score.resolved, 15);
  EXPECT_GE(score.covered, 0.8 * score.resolved);
}

/// Each register rounds by itself: the sum as one reading told layers 0.7 % off.
TEST(SolvedRails, RoundingOfEachRegisterIsTakenBack) {
  const Simulation simulation = simulated("agx-orin", 512, Schedule::kWeighing, 60s);
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  const ProfileScore score = score_of(*profile, simulation);
  EXPECT_LT(score.error, 0.003);
  EXPECT_EQ(score.resolved, score.layers);
  EXPECT_GE(score.covered, 0.8 * score.resolved);
}

TEST(SolvedRails, LayersAreNotToldWhereItIsNotKnownWhenEachWasRead) {
  Simulation simulation = simulated("agx-orin", 1, Schedule::kWeighing, 10s);
  for (PowerTrace& part : simulation.run.total.parts) {
    for (Instant& t : part.before) t += 1us;
    for (Instant& t : part.after) t += 1us;
  }
  const auto profile = solve(simulation.run.total, simulation.timeline);
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(score_of(*profile, simulation).resolved, 0);
  EXPECT_NE(profile->rows.front().reason.find("when each was read"), std::string::npos)
      << profile->rows.front().reason;
}

}  // namespace
}  // namespace layerwatt
