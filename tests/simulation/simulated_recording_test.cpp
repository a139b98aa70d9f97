#include "layerwatt/simulation/simulated_recording.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

VirtualBoard orin_nano(int samples) {
  return with_sensor_settings(find_virtual_board("orin-nano").value(), samples, std::nullopt)
      .value();
}

SimulatedNetwork lenet() { return built_in_simulated_network("lenet-like").value(); }

TEST(SimulatedNetworks, HaveRunTimesOfRealLayers) {
  EXPECT_EQ(built_in_simulated_network("alexnet-like")->layers.size(), 20U);
  EXPECT_EQ(built_in_simulated_network("mobilenet-like")->layers.size(), 50U);
  for (const std::string_view name : simulated_network_names()) {
    const SimulatedNetwork network = built_in_simulated_network(name).value();
    for (const Duration t : network.run_times) {
      EXPECT_GE(t, 10us) << name;
      EXPECT_LE(t, 5ms) << name;
    }
  }
  EXPECT_EQ(random_network(30, 2).run_times, random_network(30, 2).run_times);
}

TEST(SimulatedNetworks, AreReadFromAList) {
  const auto network = parse_simulated_network(
      "name,type,run_time_us\r\n\"conv, first\",Convolution,120.5\r\nfc,,3\n");
  ASSERT_TRUE(network) << network.error().to_string();
  EXPECT_EQ(network->layers[0].name, "conv, first");
  EXPECT_EQ(network->run_times[0], 120'500ns);
  EXPECT_EQ(network->run_times[1], 3us);
}

TEST(SimulatedNetworks, NameTheLineThatIsWrong) {
  for (const std::string_view bad :
       {"name,run_time_us\nconv,12\nfc,-3\n", "name,run_time_us\nconv,12\nfc\n",
        "name,run_time_us\nconv,12\n\"fc,3\n", "name,run_time_us\nconv,12\n,3\n"}) {
    const auto network = parse_simulated_network(bad);
    ASSERT_FALSE(network) << bad;
    EXPECT_EQ(network.error().line(), 3) << bad;
  }
  EXPECT_FALSE(parse_simulated_network(""));
  EXPECT_FALSE(parse_simulated_network("conv,12\n"));
}

TEST(Simulate, GivesValidTracesAndTimelinesUnderEverySchedule) {
  for (const Schedule schedule : {Schedule::kWhole, Schedule::kIsolated, Schedule::kWeighing}) {
    SimulationSpec spec;
    spec.schedule = schedule;
    spec.duration = 2s;
    const auto simulation = simulate(lenet(), orin_nano(1), spec);
    ASSERT_TRUE(simulation) << simulation.error().to_string();
    EXPECT_TRUE(validate(simulation->timeline));
    EXPECT_TRUE(validate(simulation->run.total));
    EXPECT_TRUE(simulation->run.total.rail.is_virtual);
    EXPECT_EQ(simulation->timeline.schedule, schedule);
    EXPECT_GE(simulation->end - simulation->begin, 7900ms);
  }
}

TEST(Simulate, GivesTheSameForTheSameSeed) {
  SimulationSpec spec;
  spec.duration = 1s;
  spec.reader.stall_share = 0.01;
  const auto first = simulate(lenet(), orin_nano(512), spec);
  const auto again = simulate(lenet(), orin_nano(512), spec);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->timeline.executions, again->timeline.executions);
  EXPECT_EQ(first->run.total.power, again->run.total.power);
  EXPECT_EQ(first->run.total.after, again->run.total.after);
}

TEST(Simulate, BeginsLockedPassesInStepWithTheSensor) {
  SimulationSpec spec;
  spec.duration = 2s;
  spec.lock_to_sensor = true;
  const auto simulation = simulate(lenet(), orin_nano(1), spec);
  ASSERT_TRUE(simulation);
  const double cycle = 0.84e6 * (1.0 + simulation->run.truth.specimen.oscillator_error);
  const Instant first = simulation->timeline.executions.front().start;
  for (const Execution& e : simulation->timeline.executions) {
    if (e.segment != 0) continue;
    const double cycles = static_cast<double>((e.start - first).count()) / cycle;
    EXPECT_NEAR(cycles, std::round(cycles), 1e-4);
  }
}

TEST(Simulate, LeavesCallbackStampsAfterThePass) {
  SimulationSpec spec;
  spec.duration = 1s;
  spec.stamps = StampStyle::kCallback;
  const auto simulation = simulate(lenet(), orin_nano(1), spec);
  ASSERT_TRUE(simulation);
  const std::size_t layers = simulation->timeline.layers.size();
  const auto& truth = simulation->true_timeline.executions;
  std::vector<Instant> pass_end(static_cast<std::size_t>(pass_count(simulation->true_timeline)));
  std::vector<Instant> pass_begin(pass_end.size(), Instant::max());
  for (const Execution& e : truth) {
    const auto pass = static_cast<std::size_t>(e.pass);
    pass_end[pass] = std::max(pass_end[pass], e.end);
    pass_begin[pass] = std::min(pass_begin[pass], e.start);
  }
  Duration together{0};
  for (const Execution& e : simulation->timeline.executions) {
    const auto pass = static_cast<std::size_t>(e.pass);
    EXPECT_GT(e.end, pass_end[pass]);
    if (pass + 1 < pass_begin.size()) {
      EXPECT_LT(e.end, pass_begin[pass + 1]);
    }
    together += e.run_time();
  }
  EXPECT_EQ(simulation->timeline.executions.size() % layers, 0U);
  EXPECT_TRUE(validate(simulation->timeline));
  EXPECT_EQ(simulation->timeline.stamps, StampSource::kUnknown);
}

TEST(Simulate, ShufflesPowersAmongLayers) {
  SimulationSpec spec;
  spec.duration = 1s;
  const auto plain = simulate(lenet(), orin_nano(1), spec);
  spec.shuffle_powers = true;
  const auto shuffled = simulate(lenet(), orin_nano(1), spec);
  ASSERT_TRUE(plain && shuffled);
  auto a = plain->run.truth.powers.first;
  auto b = shuffled->run.truth.powers.first;
  EXPECT_NE(a, b);
  std::ranges::sort(a);
  std::ranges::sort(b);
  EXPECT_EQ(a, b);
  EXPECT_EQ(shuffled->run.truth.powers.first, shuffled->run.truth.powers.repeated);
}

}  // namespace
}  // namespace layerwatt
