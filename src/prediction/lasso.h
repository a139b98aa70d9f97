#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

namespace layerwatt::prediction {

struct LassoOptions {
  bool positive = false;
  std::int64_t most_sweeps = 10'000;
  /// Of the duality gap, relative to |y|².
  double tolerance = 1e-4;
};

struct LassoFit {
  Eigen::VectorXd coefficients;
  double intercept = 0.0;
  std::int64_t sweeps = 0;
};

/// Minimises |y − Xw − b|²/(2n) + alpha·|w|₁ by cyclic coordinate descent for each alpha in turn,
/// each from the one before, the first from 0. With more rows than columns sweeps work on XᵀX,
/// unless `plain`. Stops as scikit-learn 1.5 does.
std::vector<LassoFit> lasso_path(const Eigen::MatrixXd& x, const Eigen::VectorXd& y,
                                 const std::vector<double>& alphas, const LassoOptions& options,
                                 bool plain);

/// `count` alphas evenly spaced on a logarithmic scale, from the least that leaves no coefficient
/// down to a thousandth of it.
std::vector<double> alpha_grid(const Eigen::MatrixXd& x, const Eigen::VectorXd& y,
                               std::size_t count);

}  // namespace layerwatt::prediction
