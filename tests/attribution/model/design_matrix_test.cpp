#include "attribution/model/design_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace layerwatt {
namespace {

/// Two layers that run in turn for 0.3 and 0.5 ms, with gaps of 0.2 ms.
LoadPieces load_in_turn() {
  LoadPieces load;
  load.layers = 2;
  for (int pass = 0; pass < 50; ++pass) {
    const double t = 1e-3 * pass;
    load.pieces.push_back({t, t + 0.3e-3, 0});
    load.pieces.push_back({t + 0.3e-3, t + 0.8e-3, 1});
    load.pieces.push_back({t + 0.8e-3, t + 1e-3, load.gap_column()});
  }
  load.on_time.assign(static_cast<std::size_t>(load.columns()), 1.0);
  return load;
}

TEST(DesignRows, HoldThePartOfAWindowThatEachColumnRan) {
  const LoadPieces load = load_in_turn();
  SensorKernel kernel;
  kernel.window = 0.4e-3;
  const std::vector<double> ends = {10.5e-3, 12.05e-3};
  std::vector<std::vector<double>> shares;
  visit_design_rows(load, kernel, ends, [&](const DesignRow& row) {
    shares.emplace_back(row.shares.begin(), row.shares.end());
  });
  ASSERT_EQ(shares.size(), 2U);
  // From 10.1 to 10.5 ms: half of each; from 11.65 to 12.05 ms: 0.15, 0.2 and 0.05 ms.
  EXPECT_NEAR(shares[0][0], 0.5, 1e-9);
  EXPECT_NEAR(shares[0][1], 0.5, 1e-9);
  EXPECT_NEAR(shares[1][0], 0.125, 1e-9);
  EXPECT_NEAR(shares[1][1], 0.375, 1e-9);
  EXPECT_NEAR(shares[1][4], 0.5, 1e-9);
}

TEST(DesignRows, ThroughALowPassAddUpToTheLevelThatIsExpected) {
  const LoadPieces load = load_in_turn();
  SensorKernel kernel;
  kernel.window = 0.14e-3;
  kernel.board_low_pass = 150e-6;
  std::vector<double> ends;
  for (int i = 1; i < 50; ++i) ends.push_back(0.84e-3 * i);
  std::vector<double> watts(static_cast<std::size_t>(load.columns()), 0.0);
  watts[0] = 3.0;
  watts[1] = 7.0;
  const auto levels = expected_levels(load, watts, kernel, ends);
  visit_design_rows(load, kernel, ends, [&](const DesignRow& row) {
    double level = 0.0;
    double sum = 0.0;
    for (const int column : row.touched) {
      const auto c = static_cast<std::size_t>(column);
      level += row.shares[c] * watts[c];
      sum += row.shares[c];
    }
    EXPECT_NEAR(level, levels[row.index], 1e-9);
    // From a while behind the begin on something always runs.
    if (ends[row.index] > 10e-3) {
      EXPECT_NEAR(sum, 1.0, 1e-9);
    }
  });
}

TEST(DesignRows, SlopesAreWhatAShiftOfAllConversionsChanges) {
  const LoadPieces load = load_in_turn();
  SensorKernel kernel;
  kernel.window = 0.14e-3;
  kernel.board_low_pass = 150e-6;
  constexpr double kShift = 1e-9;
  const std::vector<double> ends = {20.123e-3};
  const std::vector<double> later = {20.123e-3 + kShift};
  std::vector<double> before;
  std::vector<double> slope;
  visit_design_rows(load, kernel, ends, [&](const DesignRow& row) {
    before.assign(row.shares.begin(), row.shares.end());
    slope.assign(row.slope.begin(), row.slope.end());
  });
  visit_design_rows(load, kernel, later, [&](const DesignRow& row) {
    for (std::size_t c = 0; c < before.size(); ++c) {
      EXPECT_NEAR((row.shares[c] - before[c]) / kShift, slope[c], 1.0) << c;
    }
  });
}

}  // namespace
}  // namespace layerwatt
