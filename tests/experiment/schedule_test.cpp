#include "layerwatt/experiment/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

using Passes = std::vector<std::vector<std::int32_t>>;

/// The repeats of one pass in each of `blocks` blocks.
Passes draw(const std::vector<Duration>& run_times, std::size_t blocks, std::uint64_t seed) {
  WeighingDesign design(run_times, 5, seed);
  Passes all;
  for (std::size_t b = 0; b < blocks; ++b) {
    design.begin_block();
    const auto pass = design.next_pass();
    all.emplace_back(pass.begin(), pass.end());
  }
  return all;
}

std::vector<Duration> equal(std::size_t segments) { return std::vector<Duration>(segments, 100us); }

TEST(WeighingDesign, RunsEachSegmentOftenInHalfOfTheBlocksOfASet) {
  for (const std::size_t segments : {1U, 3U, 20U, 50U}) {
    const std::size_t set = WeighingDesign(equal(segments), 5, 1).set_size();
    const auto blocks = draw(equal(segments), 2 * set, 9);
    for (std::size_t s = 0; s < segments; ++s) {
      for (const std::size_t first : {std::size_t{0}, set}) {
        std::size_t high = 0;
        for (std::size_t b = first; b < first + set; ++b) high += blocks[b][s] > 1 ? 1U : 0U;
        EXPECT_EQ(high, set / 2);
      }
    }
  }
}

TEST(WeighingDesign, NeverTiesTwoSegmentsTogether) {
  const std::size_t segments = 20;
  const std::size_t set = WeighingDesign(equal(segments), 5, 1).set_size();
  const auto blocks = draw(equal(segments), set, 3);
  for (std::size_t a = 0; a < segments; ++a) {
    for (std::size_t b = a + 1; b < segments; ++b) {
      const auto together = std::ranges::count_if(
          blocks, [&](const auto& block) { return block[a] > 1 && block[b] > 1; });
      EXPECT_EQ(static_cast<std::size_t>(together), set / 4);
    }
  }
}

TEST(WeighingDesign, LetsShortSegmentsRepeatOftener) {
  const std::vector<Duration> run_times{5us, 50us, 100us, 245us, 0us};  // mean: 80 µs
  std::vector<double> extra(run_times.size());
  double times_high = 0.0;
  for (const auto& pass : draw(run_times, 4000, 8)) {
    for (std::size_t i = 0; i < pass.size(); ++i) extra[i] += pass[i] - 1;
    times_high += 0.5;
  }
  const double expected[] = {4.0 * std::sqrt(80.0 / 5.0), 4.0 * std::sqrt(80.0 / 50.0),
                             4.0 * std::sqrt(80.0 / 100.0), 4.0 * std::sqrt(80.0 / 245.0),
                             100.0};  // no run time was to be had: the most
  for (std::size_t i = 0; i < extra.size(); ++i) {
    EXPECT_NEAR(extra[i] / times_high / expected[i], 1.0, 0.05) << i;
  }
}

TEST(WeighingDesign, MakesPassesOfABlockDifferInLength) {
  WeighingDesign design(equal(10), 5, 3);
  design.begin_block();
  std::vector<std::int32_t> low;
  std::set<std::int32_t> runs_of_a_pass;
  for (int pass = 0; pass < 100; ++pass) {
    const auto repeats = design.next_pass();
    std::vector<std::int32_t> once;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
      EXPECT_GE(repeats[i], 1);
      if (repeats[i] == 1) once.push_back(static_cast<std::int32_t>(i));
    }
    if (pass == 0) low = once;
    EXPECT_EQ(once, low) << "high and low stay as they are within a block";
    runs_of_a_pass.insert(std::accumulate(repeats.begin(), repeats.end(), 0));
  }
  EXPECT_GT(runs_of_a_pass.size(), 5U);
}

TEST(WeighingDesign, WeighsWhatLiesBetweenExecutionsLikeOneMoreSegment) {
  const std::size_t segments = 20;
  WeighingDesign design(equal(segments), 5, 3);
  std::size_t with_pauses = 0;
  std::vector<std::size_t> together(segments);
  double pauses = 0.0;
  double passes = 0.0;
  for (std::size_t b = 0; b < design.set_size(); ++b) {
    design.begin_block();
    for (int p = 0; p < 50; ++p) {
      const auto repeats = design.next_pass();
      const bool has_pause = design.pause() > Duration(0);
      if (p == 0) {
        with_pauses += has_pause ? 1U : 0U;
        for (std::size_t s = 0; s < segments; ++s) {
          together[s] += has_pause && repeats[s] > 1 ? 1U : 0U;
        }
      }
      if (!has_pause) continue;
      pauses += to_seconds(design.pause());
      passes += 100e-6 * std::accumulate(repeats.begin(), repeats.end(), 0.0);
    }
  }
  EXPECT_EQ(with_pauses, design.set_size() / 2);
  EXPECT_THAT(together, testing::Each(design.set_size() / 4));
  EXPECT_NEAR(pauses / passes, 0.15, 0.01);
}

TEST(WeighingDesign, KeepsPausesTooShortToCountAsIdle) {
  const std::vector<Duration> slow(3, 2s);
  WeighingDesign design(slow, 5, 1);
  Duration longest{0};
  for (int b = 0; b < 50; ++b) {
    design.begin_block();
    design.next_pass();
    longest = std::max(longest, design.pause());
  }
  EXPECT_GT(longest, 20ms);
  EXPECT_LE(longest, 40ms);
}

TEST(WeighingDesign, DependsOnTheSeedAlone) {
  EXPECT_EQ(draw(equal(20), 70, 4), draw(equal(20), 70, 4));
  EXPECT_NE(draw(equal(20), 70, 4), draw(equal(20), 70, 5));
}

TEST(PlanWeighing, LetsTheFilterSettleWithinABlock) {
  const WeighingPlan plan = plan_weighing(20, 430ms, 80s);
  EXPECT_EQ(plan.high_repeats, 8);
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
