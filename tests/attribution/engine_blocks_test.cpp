#include "layerwatt/attribution/engine_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

TEST(LayerRanges, HoldEachLayerOnceAndTakeAboutEquallyLong) {
  std::vector<Duration> run_times;
  for (int i = 0; i < 100; ++i) run_times.push_back(std::chrono::microseconds(10 + 7 * (i % 13)));
  const auto ranges = layer_ranges(run_times);
  ASSERT_EQ(ranges.size(), 10U);
  std::size_t next = 0;
  Duration all{0};
  for (const Duration d : run_times) all += d;
  for (const LayerRange& range : ranges) {
    EXPECT_EQ(range.first, next);
    next += range.count;
    Duration time{0};
    for (std::size_t i = 0; i < range.count; ++i) time += run_times[range.first + i];
    EXPECT_NEAR(to_seconds(time) / to_seconds(all), 0.1, 0.02);
  }
  EXPECT_EQ(next, run_times.size());
}

TEST(LayerRanges, HoldTwoLayersOrMoreWhateverTheyTake) {
  // One layer takes nearly all of the time; others none.
  for (const std::size_t heavy : {0U, 4U, 8U}) {
    std::vector<Duration> run_times(9, Duration(0));
    run_times[heavy] = 1ms;
    for (const LayerRange& range : layer_ranges(run_times)) EXPECT_GE(range.count, 2U);
  }
  EXPECT_TRUE(layer_ranges({}).empty());
  EXPECT_TRUE(layer_ranges(std::vector<Duration>(3, 1ms)).empty()) << "the network does for them";
  const std::vector<LayerRange> halves{{0, 2}, {2, 2}};
  EXPECT_EQ(layer_ranges(std::vector<Duration>(4, 1ms)), halves);
}

TEST(EngineBlocks, RestUntilTheSensorHasForgottenAndRunForWholeSeconds) {
  const EngineBlocks stock = plan_engine_blocks(2150ms);
  EXPECT_EQ(stock.rest, 3080ms);
  EXPECT_EQ(stock.run, 2s);
  EXPECT_EQ(plan_engine_blocks(1s).run, 1s);
  EXPECT_EQ(plan_engine_blocks(10ms).run, 1s);
}

TEST(EngineBlocks, ASetHoldsEachEngineOnceInAnOrderOfItsOwn) {
  const auto first = engine_block_order(26, 1, 0);
  EXPECT_EQ(std::set<std::int32_t>(first.begin(), first.end()).size(), 26U);
  EXPECT_EQ(engine_block_order(26, 1, 0), first);
  EXPECT_NE(engine_block_order(26, 1, 1), first);
  EXPECT_NE(engine_block_order(26, 2, 0), first);
}

}  // namespace
}  // namespace layerwatt
