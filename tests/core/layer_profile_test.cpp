#include "layerwatt/core/layer_profile.h"

#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

TEST(LayerStatus, HasAWordForEach) {
  EXPECT_EQ(to_string(LayerStatus::kResolved), "resolved");
  EXPECT_EQ(to_string(LayerStatus::kMerged), "merged");
  EXPECT_EQ(to_string(LayerStatus::kUnresolved), "unresolved");
}

TEST(LayerProfileRow, ClaimsNothingBeforeItIsFilled) {
  const LayerProfileRow row;
  EXPECT_EQ(row.status, LayerStatus::kUnresolved);
  EXPECT_FALSE(row.power || row.energy || row.share || row.sample_count);
}

TEST(RunTimeStats, AreWhatNumPyGives) {
  const std::vector<Duration> durations{Duration(4000), Duration(1000), Duration(3000),
                                        Duration(2000)};
  const RunTimeStats stats = run_time_stats(durations);
  EXPECT_EQ(stats.count, 4);
  EXPECT_EQ(stats.median, Duration(2500));
  EXPECT_EQ(stats.mean, Duration(2500));
  EXPECT_EQ(stats.p95, Duration(3850));
}

TEST(RunTimeStats, OfNothingAreZero) {
  EXPECT_EQ(run_time_stats({}).count, 0);
  EXPECT_EQ(run_time_stats({}).median, Duration(0));
}

}  // namespace
}  // namespace layerwatt
