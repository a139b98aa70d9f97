#include "attribution/fit/noise_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace layerwatt {
namespace {

/// Readings of a constant 5 W, white noise of 0.2 W and a filtered process of `filtered` W².
NoiseFit likeliest_of(double filtered, unsigned seed) {
  constexpr Eigen::Index kRows = 4000;
  constexpr double kStep = 0.03;
  constexpr double kTime = 0.4;
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  RowMatrix rows(kRows, 2);
  std::vector<double> time;
  double state = std::sqrt(filtered) * normal(engine);
  const double kept = std::exp(-kStep / kTime);
  for (Eigen::Index r = 0; r < kRows; ++r) {
    time.push_back(kStep * double(r));
    rows.row(r) << 1.0, 5.0 + state + 0.2 * normal(engine);
    state = kept * state + std::sqrt(filtered * (1.0 - kept * kept)) * normal(engine);
  }
  std::vector<NoiseModel> tried;
  for (const double ratio : {0.0, 0.1, 1.0, 10.0}) {
    NoiseModel noise;
    noise.filtered = ratio;
    noise.filter_time = kTime;
    tried.push_back(noise);
  }
  return likeliest_noise({rows, time, {}}, tried);
}

TEST(NoiseSearch, FindsNoiseThatIsWhiteAndItsSize) {
  const NoiseFit fit = likeliest_of(0.0, 3);
  EXPECT_EQ(fit.noise.filtered, 0.0);
  EXPECT_NEAR(std::sqrt(fit.noise.white), 0.2, 0.01);
}

TEST(NoiseSearch, FindsHowMuchOfTheNoiseLasts) {
  const NoiseFit fit = likeliest_of(0.04, 4);
  EXPECT_NEAR(fit.noise.filtered / fit.noise.white, 1.0, 1e-9);
  EXPECT_NEAR(std::sqrt(fit.noise.white), 0.2, 0.02);
}

}  // namespace
}  // namespace layerwatt
