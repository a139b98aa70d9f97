#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/fit/linear_system.h"

namespace layerwatt {
namespace {

Eigen::MatrixXd random_matrix(Eigen::Index rows, Eigen::Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  Eigen::MatrixXd matrix(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index j = 0; j < columns; ++j) matrix(i, j) = normal(engine);
  }
  return matrix;
}

/// Covariance of rows whose noise is white, filtered and drifting.
Eigen::MatrixXd covariance_of(const NoiseModel& noise, const std::vector<double>& time,
                              const std::vector<double>& weight) {
  const auto n = static_cast<Eigen::Index>(time.size());
  Eigen::MatrixXd covariance(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      const double apart =
          std::abs(time[static_cast<std::size_t>(i)] - time[static_cast<std::size_t>(j)]);
      covariance(i, j) = noise.filtered * std::exp(-apart / noise.filter_time) +
                         noise.drift * std::exp(-apart / noise.drift_time);
    }
    covariance(i, i) += noise.white / weight[static_cast<std::size_t>(i)];
  }
  return covariance;
}

TEST(Whitener, MakesWhatTheInverseOfTheNoisesCovarianceMakesOfProducts) {
  NoiseModel noise;
  noise.white = 0.5;
  noise.filtered = 2.0;
  noise.filter_time = 0.7;
  noise.drift = 3.0;
  noise.drift_time = 5.0;
  std::vector<double> time;
  std::vector<double> weight;
  for (int i = 0; i < 40; ++i) {
    time.push_back(0.3 * i + 0.05 * (i % 3));
    weight.push_back(1.0 + i % 4);
  }
  for (const bool is_white : {false, true}) {
    if (is_white) noise.filtered = noise.drift = 0.0;
    const Eigen::MatrixXd rows = random_matrix(40, 11, 5);
    Whitener whitener(noise, 11);
    Eigen::MatrixXd white(40, 11);
    for (Eigen::Index r = 0; r < 40; ++r) {
      std::vector<double> row(11);
      for (Eigen::Index c = 0; c < 11; ++c) row[static_cast<std::size_t>(c)] = rows(r, c);
      whitener.whiten(time[static_cast<std::size_t>(r)], weight[static_cast<std::size_t>(r)], row);
      for (Eigen::Index c = 0; c < 11; ++c) white(r, c) = row[static_cast<std::size_t>(c)];
    }
    const Eigen::MatrixXd covariance = covariance_of(noise, time, weight);
    const Eigen::MatrixXd expected = rows.transpose() * covariance.ldlt().solve(rows);
    EXPECT_LT((white.transpose() * white - expected).cwiseAbs().maxCoeff(), 1e-9);
    EXPECT_NEAR(whitener.log_variance(), covariance.ldlt().vectorD().array().log().sum(), 1e-9);
  }
}

TEST(Whitener, TakesFromAReadingWhatTheLastOnesForetold) {
  // A filtered process of variance 3 seen in white noise of variance 1, read twice at once: the
  // second is expected at 3/4 of the first, with a variance of 1 + 3/4.
  NoiseModel noise;
  noise.filtered = 3.0;
  Whitener whitener(noise, 1);
  std::vector<double> first = {4.0};
  whitener.whiten(0.0, 1.0, first);
  EXPECT_NEAR(first[0], 4.0 / 2.0, 1e-12);
  std::vector<double> second = {4.0};
  whitener.whiten(1e-12, 1.0, second);
  EXPECT_NEAR(second[0], (4.0 - 3.0) / std::sqrt(1.75), 1e-6);
  EXPECT_NEAR(whitener.log_variance(), std::log(4.0) + std::log(1.75), 1e-6);
}

TEST(DriftBasis, SaysNothingAboutTheMean) {
  const DriftBasis basis(10.0, 110.0);
  ASSERT_EQ(basis.size(), 3U);
  std::vector<double> sum(3, 0.0);
  for (int i = 0; i < 1000; ++i) {
    std::vector<double> now(3);
    basis.fill(10.05 + 0.1 * i, now);
    for (std::size_t d = 0; d < 3; ++d) sum[d] += now[d];
  }
  for (const double s : sum) EXPECT_NEAR(s / 1000.0, 0.0, 1e-4);
}

}  // namespace
}  // namespace layerwatt
