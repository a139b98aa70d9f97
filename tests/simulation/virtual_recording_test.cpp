#include "layerwatt/simulation/virtual_recording.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "simulation/board/virtual_layer_power.h"

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

Instant at(Duration since_start) { return Instant(std::chrono::hours(5)) + since_start; }

/// Passes of three layers, 1, 2 and 3 ms, with gaps of 100 µs, the last layer run twice.
Timeline three_layers(int passes) {
  Timeline timeline;
  for (const char* name : {"conv1", "pool1", "fc1"}) {
    Layer layer;
    layer.name = name;
    timeline.layers.push_back(layer);
  }
  timeline.layers[0].type = "Conv";
  timeline.layers[0].flops = 1e9;
  timeline.layers[0].bytes = 1e6;
  Instant t = at(1s);
  const auto run = [&](std::int32_t segment, std::int32_t pass, std::int32_t repeat) {
    const Instant end = t + (segment + 1) * 1ms;
    timeline.executions.push_back({segment, pass, repeat, 0, t, end});
    t = end + 100us;
  };
  for (std::int32_t pass = 0; pass < passes; ++pass) {
    for (std::int32_t segment = 0; segment < 3; ++segment) run(segment, pass, 0);
    run(2, pass, 1);
  }
  return timeline;
}

LayerPowers known_powers() {
  LayerPowers powers;
  powers.first = {Watts(4.0), Watts(1.0), Watts(2.0)};
  powers.repeated = {Watts(4.5), Watts(1.5), Watts(3.0)};
  powers.gap = Watts(0.5);
  return powers;
}

TEST(LoadOfTimeline, HasTheEnergyOfItsLayersAndGaps) {
  const auto load = load_of_timeline(three_layers(10), known_powers());
  ASSERT_TRUE(load);
  const double layers = 10 * (4.0 * 1e-3 + 1.0 * 2e-3 + 2.0 * 3e-3 + 3.0 * 3e-3);
  const double gaps = 39 * 0.5 * 100e-6;
  EXPECT_NEAR(energy_of_load(*load, at(0s), at(9s)).value(), layers + gaps, 1e-12);
  EXPECT_EQ(load->back().watts, 0.0);
}

TEST(LoadOfTimeline, TakesALongPauseForIdle) {
  Timeline timeline = three_layers(1);
  Execution late = timeline.executions.front();
  late.start += 2s;
  late.end += 2s;
  timeline.executions.push_back(late);
  const auto load = load_of_timeline(timeline, known_powers());
  ASSERT_TRUE(load);
  const double one =
      energy_of_load(*load_of_timeline(three_layers(1), known_powers()), at(0s), at(9s)).value();
  EXPECT_NEAR(energy_of_load(*load, at(0s), at(9s)).value(), one + 4.0 * 1e-3, 1e-12);
}

TEST(LoadOfTimeline, GivesInterludesTheirPowerOnAverage) {
  Timeline timeline = three_layers(1);
  // Before the load, right behind it, and after the last.
  const Instant first = timeline.executions.front().start;
  const Instant last = timeline.executions.back().end;
  timeline.interludes = {{first - 900ms, first - 100ms}, {last, last + 2s}, {last + 3s, last + 4s}};
  LayerPowers powers = known_powers();
  const double one = energy_of_load(*load_of_timeline(timeline, powers), at(0s), at(9s)).value();
  powers.interlude = Watts(2.0);
  const auto load = load_of_timeline(timeline, powers);
  ASSERT_TRUE(load);
  EXPECT_NEAR(energy_of_load(*load, at(0s), at(9s)).value(), one + 2.0 * (0.8 + 2.0 + 1.0), 1e-9);
  EXPECT_NEAR(energy_of_load(*load, first - 100ms, last).value(), one, 1e-12);
  EXPECT_EQ(load->back().watts, 0.0);
  for (std::size_t i = 1; i < load->size(); ++i) ASSERT_GT((*load)[i].at, (*load)[i - 1].at);
}

TEST(LoadOfTimeline, GivesPassesWithoutLayersTheMeanOfTheLayers) {
  Timeline timeline = three_layers(1);
  timeline.executions.push_back({kWholePass, 1, 0, 0, at(2s), at(2s) + 9ms});
  const auto load = load_of_timeline(timeline, known_powers());
  ASSERT_TRUE(load);
  const double mean = (4.0 * 1.0 + 1.0 * 2.0 + 2.0 * 3.0 + 3.0 * 3.0) / 9.0;
  EXPECT_NEAR(energy_of_load(*load, at(2s), at(3s)).value(), mean * 9e-3, 1e-12);
}

TEST(LoadOfTimeline, FollowsLayersWhenTheyArePermuted) {
  Timeline timeline = three_layers(20);
  LayerPowers powers = known_powers();
  const auto load = load_of_timeline(timeline, powers);
  std::swap(timeline.layers[0], timeline.layers[2]);
  std::swap(powers.first[0], powers.first[2]);
  std::swap(powers.repeated[0], powers.repeated[2]);
  for (Execution& e : timeline.executions) e.segment = 2 - e.segment;
  const auto permuted = load_of_timeline(timeline, powers);
  ASSERT_TRUE(load && permuted);
  ASSERT_EQ(load->size(), permuted->size());
  for (std::size_t i = 0; i < load->size(); ++i) {
    EXPECT_EQ((*load)[i].at, (*permuted)[i].at);
    EXPECT_EQ((*load)[i].watts, (*permuted)[i].watts);
  }
}

TEST(LoadOfTimeline, RefusesPowersThatDoNotMatchTheLayers) {
  LayerPowers powers = known_powers();
  powers.first.pop_back();
  const auto load = load_of_timeline(three_layers(1), powers);
  ASSERT_FALSE(load);
  EXPECT_EQ(load.error().code(), ErrorCode::kInvalidArgument);
}

TEST(VirtualRun, LabelsEveryTraceVirtualAndPassesItsChecks) {
  for (const VirtualBoard& board : virtual_boards()) {
    const auto run = record_virtual_run(three_layers(200), board, 42, at(0s), at(5s));
    ASSERT_TRUE(run) << board.name;
    EXPECT_TRUE(run->total.rail.is_virtual);
    EXPECT_TRUE(validate(run->total)) << board.name;
    EXPECT_GT(run->total.size(), 100U);
    for (const PowerTrace& trace : run->traces) {
      EXPECT_TRUE(trace.rail.is_virtual);
      EXPECT_TRUE(validate(trace));
    }
    EXPECT_EQ(run->truth.layers.size(), 3U);
  }
}

TEST(VirtualRun, TotalsToTheEnergyOfTheTruth) {
  const VirtualBoard board = find_virtual_board("agx-orin").value();
  VirtualSpecimen specimen;
  specimen.board_low_pass = 100us;
  const Timeline timeline = three_layers(400);
  const LayerPowers powers = known_powers();
  const auto run = record_virtual_run(timeline, board, specimen, powers, 3, at(0s), at(14s));
  ASSERT_TRUE(run);
  const auto load = load_of_timeline(timeline, powers);
  // From settled idle to settled idle, so that the averaging filter has no part in it.
  const double expected =
      energy_of_load(*load, at(0s), at(14s)).value() + idle_power(board).value() * 13.0;
  EXPECT_NEAR(integrate(run->total, at(500ms), at(13500ms))->value(), expected, 0.01 * expected);
}

TEST(VirtualTruth, IsReadAsItWasWritten) {
  const auto run = record_virtual_run(three_layers(2), find_virtual_board("orin-nano").value(), 42,
                                      at(0s), at(2s));
  ASSERT_TRUE(run);
  const auto path = std::filesystem::path(testing::TempDir()) / "virtual_truth.json";
  {
    std::ofstream out(path);
    write_virtual_truth(run->truth, out);
  }
  const auto read = read_virtual_truth(path);
  ASSERT_TRUE(read) << read.error().to_string();
  std::ostringstream first;
  std::ostringstream second;
  write_virtual_truth(run->truth, first);
  write_virtual_truth(*read, second);
  EXPECT_EQ(first.str(), second.str());
  std::filesystem::remove(path);
}

TEST(VirtualTruth, SaysWhatIsMissing) {
  const auto path = std::filesystem::path(testing::TempDir()) / "no_truth.json";
  std::ofstream(path) << R"({"board": "orin-nano", "seed": -1})";
  const auto read = read_virtual_truth(path);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().to_string().find("'seed'"), std::string::npos);
  std::filesystem::remove(path);
}

TEST(VirtualLayerPowers, LieInTheRangeOfTheBoardAndDependOnTheSeed) {
  const VirtualBoard board = find_virtual_board("orin-nano").value();
  const Timeline timeline = three_layers(1);
  const LayerPowers a = virtual_layer_powers(timeline.layers, board, 1);
  const LayerPowers b = virtual_layer_powers(timeline.layers, board, 2);
  ASSERT_EQ(a.first.size(), 3U);
  EXPECT_NE(a.first, b.first);
  EXPECT_EQ(a.first, virtual_layer_powers(timeline.layers, board, 1).first);
  for (const Watts p : a.first) {
    EXPECT_GE(p, board.least_layer_power);
    EXPECT_LE(p, board.greatest_layer_power);
  }
  EXPECT_GT(a.first[0], a.first[1]);
}

}  // namespace
}  // namespace layerwatt
