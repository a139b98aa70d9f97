#include "layerwatt/experiment/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

std::vector<std::vector<std::int32_t>> draw(std::size_t segments, std::size_t blocks,
                                            std::uint64_t seed) {
  WeighingDesign design(segments, 5, seed);
  std::vector<std::vector<std::int32_t>> all;
  for (std::size_t b = 0; b < blocks; ++b) {
    const auto block = design.next_block();
    all.emplace_back(block.begin(), block.end());
  }
  return all;
}

TEST(WeighingDesign, RunsEachSegmentOftenInHalfOfTheBlocksOfASet) {
  for (const std::size_t segments : {1U, 3U, 20U, 50U}) {
    const std::size_t set = WeighingDesign(segments, 5, 1).set_size();
    const auto blocks = draw(segments, 2 * set, 9);
    for (std::size_t s = 0; s < segments; ++s) {
      for (const std::size_t first : {std::size_t{0}, set}) {
        std::size_t high = 0;
        for (std::size_t b = first; b < first + set; ++b) high += blocks[b][s] == 5 ? 1U : 0U;
        EXPECT_EQ(high, set / 2);
      }
    }
  }
}

TEST(WeighingDesign, NeverTiesTwoSegmentsTogether) {
  const std::size_t segments = 20;
  const std::size_t set = WeighingDesign(segments, 5, 1).set_size();
  const auto blocks = draw(segments, set, 3);
  for (std::size_t a = 0; a < segments; ++a) {
    for (std::size_t b = a + 1; b < segments; ++b) {
      const auto together = std::ranges::count_if(
          blocks, [&](const auto& block) { return block[a] == 5 && block[b] == 5; });
      EXPECT_EQ(static_cast<std::size_t>(together), set / 4);
    }
  }
}

TEST(WeighingDesign, RunsEverySegmentOnceOrHighTimes) {
  for (const auto& block : draw(7, 50, 4)) {
    for (const std::int32_t repeats : block) EXPECT_TRUE(repeats == 1 || repeats == 5);
  }
}

TEST(WeighingDesign, DependsOnTheSeedAlone) {
  EXPECT_EQ(draw(20, 70, 4), draw(20, 70, 4));
  EXPECT_NE(draw(20, 70, 4), draw(20, 70, 5));
}

TEST(PlanWeighing, LetsTheFilterSettleWithinABlock) {
  const WeighingPlan plan = plan_weighing(20, 430ms, 80s);
  EXPECT_EQ(plan.high_repeats, 5);
  EXPECT_NEAR(to_seconds(plan.block_length), 1.98, 0.01);
}

TEST(PlanWeighing, ShortensBlocksSoThatAWholeSetFits) {
  const WeighingPlan plan = plan_weighing(50, 430ms, 80s);
  EXPECT_EQ(plan.set_size, 64U);
  EXPECT_NEAR(to_seconds(plan.block_length), 1.25, 0.01);
  EXPECT_GE(plan_weighing(200, 430ms, 10s).block_length, 500ms);
}

TEST(PlanWeighing, TakesOnePassABlockForASensorThatFollowsAtOnce) {
  const WeighingPlan plan = plan_weighing(20, 420us, 40s);
  EXPECT_EQ(plan.high_repeats, 3);
  EXPECT_EQ(plan.block_length, 0s);
}

TEST(IsolatedOrder, HasEverySegmentOnce) {
  std::vector<std::int32_t> order = isolated_order(30, 2);
  EXPECT_FALSE(std::ranges::is_sorted(order));
  EXPECT_EQ(order, isolated_order(30, 2));
  std::ranges::sort(order);
  for (std::int32_t i = 0; i < 30; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace layerwatt
