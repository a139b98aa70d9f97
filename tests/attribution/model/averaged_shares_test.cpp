#include "attribution/model/averaged_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace layerwatt {
namespace {

TEST(AveragedShares, SumWhatAnAverageOfEachColumnWouldShowAtReadings) {
  constexpr double kMemory = 0.9;
  AveragedShares averaged(3, kMemory);
  std::vector<double> now(3, 0.0);
  std::vector<double> expected(3, 0.0);
  RowShares row(3);
  for (int conversion = 0; conversion < 5000; ++conversion) {
    row.clear();
    row.add(conversion % 3, 0.7, 0.0);
    if (conversion % 5 == 0) row.add(1, -0.1, 0.0);
    averaged.step({0, row.shares(), row.slope(), row.touched()});
    for (std::size_t c = 0; c < 3; ++c) {
      now[c] = kMemory * now[c] + (1.0 - kMemory) * row.shares()[c];
    }
    if (conversion % 2 == 0) continue;
    averaged.count_reading();
    for (std::size_t c = 0; c < 3; ++c) expected[c] += now[c];
    if (conversion % 7 != 0) continue;
    std::vector<double> sum(3, 1.0);
    averaged.take_sum(sum);
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(sum[c], 1.0 + expected[c], 1e-12);
      expected[c] = 0.0;
    }
  }
}

}  // namespace
}  // namespace layerwatt
