#include "attribution/model/common_gain.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace layerwatt {
namespace {

TEST(CommonGain, HasNoKnotsInARunTooShortForIt) {
  EXPECT_EQ(CommonGain(3.0, 13.0).size(), 0U);
  EXPECT_EQ(CommonGain(3.0, 43.0).size(), 5U);
  EXPECT_LE(CommonGain(0.0, 10'000.0).size(), 13U);
}

TEST(CommonGain, IsABrokenLineWithItsEndsGoingOn) {
  const CommonGain gain(3.0, 43.0);
  std::vector<double> parts(gain.size());
  gain.fill(18.0, parts);
  EXPECT_EQ(parts, (std::vector<double>{0.0, 0.5, 0.5, 0.0, 0.0}));
  gain.fill(-5.0, parts);
  EXPECT_EQ(parts, (std::vector<double>{1.0, 0.0, 0.0, 0.0, 0.0}));
  gain.fill(60.0, parts);
  EXPECT_EQ(parts, (std::vector<double>{0.0, 0.0, 0.0, 0.0, 1.0}));
}

TEST(CommonGain, ExpectsAMeanOfZeroAndStepsOfItsRate) {
  const CommonGain gain(0.0, 40.0);
  const Eigen::MatrixXd covariance = gain.prior(0.01).inverse();
  const auto n = static_cast<Eigen::Index>(gain.size());
  Eigen::VectorXd mean = Eigen::VectorXd::Constant(n, 0.25);
  mean[0] = mean[n - 1] = 0.125;
  EXPECT_LT(mean.dot(covariance * mean), 1e-9);
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    Eigen::VectorXd step = Eigen::VectorXd::Zero(n);
    step[i] = -1.0;
    step[i + 1] = 1.0;
    EXPECT_NEAR(std::sqrt(step.dot(covariance * step)), 0.01 * std::sqrt(10.0), 1e-6);
  }
  // Rates differ by what their steps are less likely by: four steps.
  const double apart = gain.log_determinant(0.01) - gain.log_determinant(0.1);
  EXPECT_NEAR(apart, std::log(gain.prior(0.01).determinant() / gain.prior(0.1).determinant()),
              1e-3);
}

}  // namespace
}  // namespace layerwatt
