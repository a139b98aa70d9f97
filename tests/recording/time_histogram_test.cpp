#include "layerwatt/recording/time_histogram.h"

#include <gtest/gtest.h>

namespace layerwatt {
namespace {

TEST(TimeHistogram, AnEmptyOneHasNoPercentiles) {
  const TimeHistogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.percentile(0.99), Duration(0));
}

TEST(TimeHistogram, PercentilesAreWithinASixteenth) {
  TimeHistogram histogram;
  for (int i = 1; i <= 100'000; ++i) histogram.add(Duration(i * 37));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double truth = share * 100'000 * 37;
    const auto got = static_cast<double>(histogram.percentile(share).count());
    EXPECT_GE(got, truth) << share;
    EXPECT_LE(got, truth * (1 + 1.0 / 16)) << share;
  }
  EXPECT_EQ(histogram.percentile(1.0), Duration(3'700'000));
  EXPECT_EQ(histogram.max(), Duration(3'700'000));
}

TEST(TimeHistogram, SmallTimesAreExactAndExtremesFit) {
  TimeHistogram histogram;
  histogram.add(Duration(-5));
  histogram.add(Duration(7));
  EXPECT_EQ(histogram.percentile(0.5), Duration(0));
  EXPECT_EQ(histogram.percentile(1.0), Duration(7));
  histogram.add(Duration::max());
  EXPECT_EQ(histogram.max(), Duration::max());
  EXPECT_EQ(histogram.count(), 3);
}

}  // namespace
}  // namespace layerwatt
