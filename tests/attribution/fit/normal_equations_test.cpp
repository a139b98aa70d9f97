#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <random>
#include <vector>

#include "attribution/fit/dense_kernels.h"
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

Eigen::MatrixXd gathered(const Eigen::MatrixXd& rows) {
  NormalEquations equations(static_cast<std::size_t>(rows.cols()));
  for (Eigen::Index r = 0; r < rows.rows(); ++r) {
    const auto out = equations.next_row();
    for (Eigen::Index c = 0; c < rows.cols(); ++c) out[static_cast<std::size_t>(c)] = rows(r, c);
    equations.commit();
  }
  return equations.matrix();
}

TEST(NormalEquations, AreTheProductsOfTheirRowsWhateverTheirNumber) {
  for (const Eigen::Index columns : {1, 7, 8, 9, 33}) {
    for (const Eigen::Index count : {1, 255, 256, 257, 700}) {
      const Eigen::MatrixXd rows = random_matrix(count, columns, 1);
      const Eigen::MatrixXd expected = rows.transpose() * rows;
      EXPECT_LT((gathered(rows) - expected).cwiseAbs().maxCoeff(), 1e-11 * double(count))
          << columns << " columns, " << count << " rows";
    }
  }
}

TEST(NormalEquations, GiveTheLineThroughPointsOnIt) {
  // y = 3 + 2·x at x = 0, 1, 2, 3: columns 1, x, y.
  Eigen::MatrixXd rows(4, 3);
  for (Eigen::Index i = 0; i < 4; ++i) {
    rows.row(i) << 1.0, double(i), 3.0 + 2.0 * double(i);
  }
  const LeastSquares solved = solve_normal_equations(gathered(rows));
  EXPECT_NEAR(solved.value[0], 3.0, 1e-9);
  EXPECT_NEAR(solved.value[1], 2.0, 1e-9);
  EXPECT_NEAR(solved.residual, 0.0, 1e-9);
  // Inverse of [[4, 6], [6, 14]], whose determinant is 20.
  EXPECT_NEAR(solved.covariance(0, 0), 0.7, 1e-9);
  EXPECT_NEAR(solved.covariance(1, 0), -0.3, 1e-9);
  EXPECT_NEAR(solved.covariance(1, 1), 0.2, 1e-9);
  EXPECT_NEAR(solved.log_determinant, std::log(20.0), 1e-9);
}

TEST(NormalEquations, LeaveAColumnWithoutWeightAtZeroWithoutVariance) {
  Eigen::MatrixXd rows(3, 3);
  rows << 1.0, 0.0, 5.0, 1.0, 0.0, 7.0, 1.0, 0.0, 6.0;
  const LeastSquares solved = solve_normal_equations(gathered(rows));
  EXPECT_NEAR(solved.value[0], 6.0, 1e-9);
  EXPECT_EQ(solved.value[1], 0.0);
  EXPECT_EQ(solved.covariance(1, 1), 0.0);
  EXPECT_NEAR(solved.residual, 2.0, 1e-9);
}

TEST(NormalEquations, TellTheSumOfColumnsThatAreAlikeWithHugeVarianceOfEach) {
  const Eigen::MatrixXd x = random_matrix(100, 1, 3);
  Eigen::MatrixXd rows(100, 3);
  rows << x, x, 4.0 * x;
  const LeastSquares solved = solve_normal_equations(gathered(rows));
  EXPECT_NEAR(solved.value[0] + solved.value[1], 4.0, 1e-3);
  EXPECT_GT(solved.covariance(0, 0), 1e6);
}

}  // namespace
}  // namespace layerwatt
