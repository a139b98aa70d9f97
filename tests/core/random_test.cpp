#include "layerwatt/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace layerwatt {
namespace {

TEST(Random, GivesTheSameNumbersOnEveryMachine) {
  Random random(42, "noise");
  EXPECT_EQ(random.bits(), Random(42, "noise").bits());
  EXPECT_NE(Random(42, "noise").bits(), Random(43, "noise").bits());
  EXPECT_NE(Random(42, "noise").bits(), Random(42, "reader").bits());
}

TEST(Random, DrawsGaussianNumbersWithUnitVariance) {
  Random random(7);
  constexpr int kCount = 200'000;
  double sum = 0.0;
  double squares = 0.0;
  int beyond_two = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.gaussian();
    sum += x;
    squares += x * x;
    if (std::abs(x) > 2.0) ++beyond_two;
  }
  EXPECT_NEAR(sum / kCount, 0.0, 0.01);
  EXPECT_NEAR(squares / kCount, 1.0, 0.015);
  EXPECT_NEAR(static_cast<double>(beyond_two) / kCount, 0.0455, 0.002);
}

TEST(Random, DrawsEveryNumberBelowALimitEquallyOften) {
  Random random(7);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, ShufflesWithoutLosingAny) {
  std::vector<int> values(100);
  std::iota(values.begin(), values.end(), 0);
  Random(3).shuffle(values);
  EXPECT_NE(values[0] * 100 + values[1], 1);
  std::sort(values.begin(), values.end());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
}

}  // namespace
}  // namespace layerwatt
