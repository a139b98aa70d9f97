#include "layerwatt/attribution/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>
#include <span>
#include <vector>

namespace layerwatt {
namespace {

using namespace std::chrono_literals;

using Passes = std::vector<std::vector<std::int32_t>>;

/// Whether a pass leaves segments out: else each runs.
bool leaves_out(std::span<const std::int32_t> repeats) {
  return std::ranges::find(repeats, 0) != repeats.end();
}

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

/// Of each block, whether segment `s` was high in most of its passes.
std::vector<std::vector<bool>> high_in_blocks(std::size_t segments, std::size_t blocks,
                                              std::uint64_t seed) {
  constexpr int kPasses = 40;
  WeighingDesign design(equal(segments), 5, seed);
  std::vector<std::vector<bool>> high;
  for (std::size_t b = 0; b < blocks; ++b) {
    design.begin_block();
    std::vector<int> runs(segments, 0);
    std::vector<int> several(segments, 0);
    bool is_part = false;
    for (int p = 0; p < kPasses; ++p) {
      const auto repeats = design.next_pass();
      is_part = is_part || leaves_out(repeats);
      for (std::size_t s = 0; s < segments; ++s) {
        runs[s] += repeats[s] > 0 ? 1 : 0;
        several[s] += repeats[s] > 1 ? 1 : 0;
      }
    }
    auto& block = high.emplace_back();
    for (std::size_t s = 0; s < segments; ++s) {
      block.push_back(2 * (is_part ? runs[s] : several[s]) > kPasses);
    }
  }
  return high;
}

TEST(WeighingDesign, HasEachSegmentHighInHalfOfTheBlocksOfASet) {
  for (const std::size_t segments : {3U, 20U, 50U}) {
    const std::size_t set = WeighingDesign(equal(segments), 5, 1).set_size();
    const auto high = high_in_blocks(segments, 2 * set, 9);
    for (std::size_t s = 0; s < segments; ++s) {
      for (const std::size_t first : {std::size_t{0}, set}) {
        std::size_t count = 0;
        for (std::size_t b = first; b < first + set; ++b) count += high[b][s] ? 1U : 0U;
        // Where no segment is high all run, or half of them where a pass would be empty.
        EXPECT_NEAR(static_cast<double>(count), static_cast<double>(set) / 2.0, 1.0);
      }
    }
  }
}

TEST(WeighingDesign, NeverTiesTwoSegmentsTogether) {
  const std::size_t segments = 20;
  const std::size_t set = WeighingDesign(equal(segments), 5, 1).set_size();
  const auto high = high_in_blocks(segments, set, 3);
  for (std::size_t a = 0; a < segments; ++a) {
    for (std::size_t b = a + 1; b < segments; ++b) {
      const auto together =
          std::ranges::count_if(high, [&](const auto& block) { return block[a] && block[b]; });
      EXPECT_NEAR(static_cast<double>(together), static_cast<double>(set) / 4.0, 1.0);
    }
  }
}

TEST(WeighingDesign, LeavesSegmentsOutInEveryOtherBlock) {
  WeighingDesign design(equal(20), 5, 2);
  for (int block = 0; block < 64; ++block) {
    design.begin_block();
    double executions = 0.0;
    for (int pass = 0; pass < 100; ++pass) {
      const auto repeats = design.next_pass();
      EXPECT_EQ(leaves_out(repeats), block % 2 == 1) << block;
      if (block % 2 == 0) continue;
      EXPECT_EQ(std::ranges::max(repeats), 1);
      executions += std::accumulate(repeats.begin(), repeats.end(), 0.0);
    }
    EXPECT_LT(executions / 100.0, 20.0);
  }
}

TEST(WeighingDesign, RunsSomethingInEveryPass) {
  for (const std::size_t segments : {1U, 2U}) {
    WeighingDesign design(equal(segments), 5, 1);
    for (int block = 0; block < 40; ++block) {
      design.begin_block();
      for (int pass = 0; pass < 40; ++pass) {
        EXPECT_GT(std::ranges::max(design.next_pass()), 0);
      }
    }
  }
}

TEST(WeighingDesign, LetsShortSegmentsRepeatOftener) {
  const std::vector<Duration> run_times{5us, 50us, 100us, 245us, 0us};  // mean: 80 µs
  std::vector<double> extra(run_times.size());
  std::vector<double> times_high(run_times.size());
  for (const auto& pass : draw(run_times, 8000, 8)) {
    for (std::size_t i = 0; i < pass.size(); ++i) {
      if (pass[i] < 2) continue;
      extra[i] += pass[i] - 1;
      times_high[i] += 1.0;
    }
  }
  const double expected[] = {4.0 * std::sqrt(80.0 / 5.0), 4.0 * std::sqrt(80.0 / 50.0),
                             4.0 * std::sqrt(80.0 / 100.0), 4.0 * std::sqrt(80.0 / 245.0),
                             100.0};  // no run time was to be had: the most
  for (std::size_t i = 0; i < extra.size(); ++i) {
    EXPECT_NEAR(extra[i] / times_high[i] / expected[i], 1.0, 0.05) << i;
  }
}

TEST(WeighingDesign, MakesPassesOfABlockDifferInLength) {
  WeighingDesign design(equal(10), 5, 3);
  for (int block = 0; block < 2; ++block) {
    design.begin_block();
    std::vector<std::int32_t> low;
    std::set<std::int32_t> runs_of_a_pass;
    for (int pass = 0; pass < 100; ++pass) {
      const auto repeats = design.next_pass();
      runs_of_a_pass.insert(std::accumulate(repeats.begin(), repeats.end(), 0));
      if (block == 1) continue;
      std::vector<std::int32_t> once;
      for (std::size_t i = 0; i < repeats.size(); ++i) {
        EXPECT_GE(repeats[i], 1);
        if (repeats[i] == 1) once.push_back(static_cast<std::int32_t>(i));
      }
      if (pass == 0) low = once;
      EXPECT_EQ(once, low) << "high and low stay as they are within a block";
    }
    EXPECT_GT(runs_of_a_pass.size(), block == 0 ? 5U : 1U);
  }
}

/// Of each block behind a slow filter: the segment that ran alone, −1 where several did; and
/// whether its passes were followed by pauses.
struct SlowBlock {
  int alone = -1;
  bool has_pause = false;
};

std::vector<SlowBlock> slow_blocks(const std::vector<Duration>& run_times, std::size_t sets,
                                   std::uint64_t seed) {
  WeighingDesign design(run_times, 8, seed, 40ms);
  std::vector<SlowBlock> blocks;
  for (std::size_t b = 0; b < sets * design.set_size(); ++b) {
    design.begin_block();
    std::set<int> ran;
    bool repeats = false;
    for (int pass = 0; pass < 20; ++pass) {
      const auto runs = design.next_pass();
      for (std::size_t s = 0; s < runs.size(); ++s) {
        if (runs[s] > 0) ran.insert(static_cast<int>(s));
        repeats = repeats || runs[s] > 1;
      }
    }
    EXPECT_TRUE(!repeats || ran.size() == 1) << "several segments never repeat";
    // One segment has blocks too in which it runs once or not at all.
    blocks.push_back({repeats ? *ran.begin() : -1, design.pause() > 0s});
  }
  return blocks;
}

TEST(WeighingDesign, GivesEachSegmentABlockOfItsOwnBehindASlowFilter) {
  for (const std::size_t segments : {1U, 2U, 20U, 50U}) {
    const std::size_t set = WeighingDesign(equal(segments), 8, 1, 40ms).set_size();
    EXPECT_EQ(set, plan_weighing(segments, 430ms, 80s).set_size);
    const auto blocks = slow_blocks(equal(segments), 3, 5);
    for (std::size_t first = 0; first < blocks.size(); first += set) {
      std::vector<int> times(segments, 0);
      for (std::size_t b = first; b < first + set; ++b) {
        if (blocks[b].alone >= 0) ++times[static_cast<std::size_t>(blocks[b].alone)];
      }
      // Of one segment, or two, a pass that leaves some out has one alone as well.
      if (segments > 2) {
        EXPECT_EQ(times, std::vector<int>(segments, 1));
      }
    }
  }
}

TEST(WeighingDesign, RunsSegmentsOnceInAQuarterOfTheBlocksBehindASlowFilter) {
  const auto blocks = slow_blocks(equal(50), 4, 5);
  const auto parts = std::ranges::count(blocks, -1, &SlowBlock::alone);
  EXPECT_NEAR(static_cast<double>(parts) / static_cast<double>(blocks.size()), 0.25, 0.02);
  const auto pauses = std::ranges::count(blocks, true, &SlowBlock::has_pause);
  EXPECT_NEAR(static_cast<double>(pauses) / static_cast<double>(blocks.size()), 0.5, 0.1);
}

TEST(WeighingDesign, RunsASegmentAloneForAboutTheFocus) {
  const std::vector<Duration> run_times{10us, 200us, 3ms, 90ms};
  WeighingDesign design(run_times, 8, 3, 40ms);
  std::vector<double> seconds(run_times.size());
  std::vector<double> passes(run_times.size());
  for (int b = 0; b < 200; ++b) {
    design.begin_block();
    for (int p = 0; p < 10; ++p) {
      const auto runs = design.next_pass();
      if (std::ranges::count(runs, 0) != std::ssize(runs) - 1) continue;
      const auto s = static_cast<std::size_t>(std::ranges::max_element(runs) - runs.begin());
      if (runs[s] == 1 && run_times[s] < 20ms) continue;  // left alone by chance
      seconds[s] += runs[s] * to_seconds(run_times[s]);
      passes[s] += 1.0;
    }
  }
  for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(seconds[s] / passes[s], 0.04, 0.004) << s;
  EXPECT_NEAR(seconds[3] / passes[3], 0.09, 0.001) << "one that takes longer runs once a pass";
}

TEST(WeighingDesign, WeighsWhatLiesBetweenExecutionsLikeOneMoreSegment) {
  WeighingDesign design(equal(20), 5, 3);
  std::size_t with_pauses = 0;
  double pauses = 0.0;
  double passes = 0.0;
  for (std::size_t b = 0; b < design.set_size(); ++b) {
    design.begin_block();
    for (int p = 0; p < 50; ++p) {
      const auto repeats = design.next_pass();
      const bool has_pause = design.pause() > Duration(0);
      if (p == 0) with_pauses += has_pause ? 1U : 0U;
      if (!leaves_out(repeats))
        passes += 100e-6 * std::accumulate(repeats.begin(), repeats.end(), 0.0);
      if (has_pause && !leaves_out(repeats)) pauses += to_seconds(design.pause());
    }
  }
  EXPECT_EQ(with_pauses, design.set_size() / 2);
  // 15 % of half of the passes.
  EXPECT_NEAR(pauses / passes, 0.075, 0.02);
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

TEST(PlanWeighing, TakesBlocksOfSomeTimeConstants) {
  const WeighingPlan plan = plan_weighing(12, 430ms, 80s);
  EXPECT_EQ(plan.high_repeats, 8);
  EXPECT_NEAR(to_seconds(plan.block_length), 0.43, 0.01);
  EXPECT_GT(plan.focus, 10ms);
}

TEST(PlanWeighing, ShortensBlocksSoThatTwoSetsFit) {
  const WeighingPlan plan = plan_weighing(50, 430ms, 40s);
  EXPECT_EQ(plan.set_size, 66U);
  EXPECT_NEAR(to_seconds(plan.block_length), 20.0 / 66.0, 0.001);
  EXPECT_GE(plan_weighing(200, 430ms, 10s).block_length, 143ms);
}

TEST(PlanWeighing, TakesOnePassABlockForASensorThatFollowsAtOnce) {
  const WeighingPlan plan = plan_weighing(20, 420us, 40s);
  EXPECT_EQ(plan.high_repeats, 3);
  EXPECT_EQ(plan.block_length, 0s);
  EXPECT_EQ(plan.focus, 0s);
}

TEST(ScheduleNeeds, TakesNothingForTheNetworkAsItIs) {
  const ScheduleNeeds needs = needs_of(Schedule::kWhole, 12, 430ms, 2s, 80s);
  EXPECT_FALSE(needs.duration);
  EXPECT_FALSE(needs.blocks);
}

TEST(ScheduleNeeds, LetsTheSensorSettleOnEachSegmentAlone) {
  const ScheduleNeeds needs = needs_of(Schedule::kIsolated, 12, 430ms, 2s, std::nullopt);
  EXPECT_EQ(needs.duration, 24s);
  EXPECT_FALSE(needs.blocks);
}

TEST(ScheduleNeeds, LeavesTheTimeOfWeighingToItsSets) {
  const ScheduleNeeds needs = needs_of(Schedule::kWeighing, 12, 430ms, 2s, std::nullopt);
  EXPECT_FALSE(needs.duration);
  ASSERT_TRUE(needs.blocks);
  EXPECT_EQ(needs.blocks->block_length, plan_weighing(12, 430ms, std::nullopt).block_length);
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
