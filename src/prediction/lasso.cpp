#include "prediction/lasso.h"

#include <algorithm>
#include <cmath>

namespace layerwatt::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double shrunk(double value, double by, bool positive) {
  if (positive && value < 0.0) return 0.0;
  return std::copysign(std::max(std::fabs(value) - by, 0.0), value);
}

double dual_norm(const VectorXd& correlation, bool positive) {
  return positive ? correlation.maxCoeff() : correlation.cwiseAbs().maxCoeff();
}

/// The gap between a solution and the best there can be.
double duality_gap(double residual_squares, double residual_target, double norm, double penalty,
                   double sum_of_sizes) {
  double factor = 1.0;
  double gap = residual_squares;
  if (norm > penalty) {
    factor = penalty / norm;
    gap = 0.5 * (residual_squares + residual_squares * factor * factor);
  }
  return gap + penalty * sum_of_sizes - factor * residual_target;
}

/// Descent on the residuals.
class PlainDescent {
 public:
  PlainDescent(const MatrixXd& x, const VectorXd& y)
      : x_(x), y_(y), squares_(x.colwise().squaredNorm().transpose()) {}

  void begin(const VectorXd& w) { residual_ = y_ - x_ * w; }
  double square(Index j) const { return squares_(j); }
  double correlation(Index j, double w) {
    if (w != 0.0) residual_ += w * x_.col(j);
    return x_.col(j).dot(residual_);
  }
  void changed(Index j, double, double w) {
    if (w != 0.0) residual_ -= w * x_.col(j);
  }
  double gap(const VectorXd& w, double penalty, bool positive) const {
    return duality_gap(residual_.squaredNorm(), residual_.dot(y_),
                       dual_norm(x_.transpose() * residual_, positive), penalty,
                       w.cwiseAbs().sum());
  }

 private:
  const MatrixXd& x_;
  const VectorXd& y_;
  VectorXd squares_;
  VectorXd residual_;
};

/// Descent on XᵀX, which does not grow with the rows.
class GramDescent {
 public:
  GramDescent(const MatrixXd& x, const VectorXd& y)
      : gram_(x.transpose() * x), target_(x.transpose() * y), squares_(y.squaredNorm()) {}

  void begin(const VectorXd& w) { fitted_ = gram_ * w; }
  double square(Index j) const { return gram_(j, j); }
  double correlation(Index j, double w) {
    if (w != 0.0) fitted_ -= w * gram_.col(j);
    return target_(j) - fitted_(j);
  }
  void changed(Index j, double, double w) {
    if (w != 0.0) fitted_ += w * gram_.col(j);
  }
  double gap(const VectorXd& w, double penalty, bool positive) const {
    const double explained = w.dot(target_);
    const VectorXd correlation = target_ - fitted_;
    const double residual_squares = squares_ + w.dot(fitted_) - 2.0 * explained;
    return duality_gap(residual_squares, squares_ - explained, dual_norm(correlation, positive),
                       penalty, w.cwiseAbs().sum());
  }

 private:
  MatrixXd gram_;
  VectorXd target_;
  double squares_;
  VectorXd fitted_;
};

template <class Descent>
std::int64_t descend(Descent& descent, VectorXd& w, double penalty, double tolerance,
                     const LassoOptions& options) {
  descent.begin(w);
  std::int64_t sweep = 0;
  while (sweep < options.most_sweeps) {
    double largest = 0.0;
    double largest_change = 0.0;
    for (Index j = 0; j < w.size(); ++j) {
      if (descent.square(j) == 0.0) continue;
      const double before = w(j);
      const double correlation = descent.correlation(j, before);
      w(j) = shrunk(correlation, penalty, options.positive) / descent.square(j);
      descent.changed(j, before, w(j));
      largest_change = std::max(largest_change, std::fabs(w(j) - before));
      largest = std::max(largest, std::fabs(w(j)));
    }
    ++sweep;
    const bool settled = largest == 0.0 || largest_change / largest < options.tolerance;
    if (!settled && sweep < options.most_sweeps) continue;
    if (descent.gap(w, penalty, options.positive) < tolerance) break;
  }
  return sweep;
}

template <class Descent>
std::vector<LassoFit> walk(Descent descent, const VectorXd& means, double mean,
                           double target_squares, double rows, const std::vector<double>& alphas,
                           const LassoOptions& options) {
  std::vector<LassoFit> fits;
  VectorXd w = VectorXd::Zero(means.size());
  for (const double alpha : alphas) {
    LassoFit fit;
    fit.sweeps = descend(descent, w, alpha * rows, options.tolerance * target_squares, options);
    fit.coefficients = w;
    fit.intercept = mean - means.dot(w);
    fits.push_back(std::move(fit));
  }
  return fits;
}

}  // namespace

std::vector<LassoFit> lasso_path(const MatrixXd& x, const VectorXd& y,
                                 const std::vector<double>& alphas, const LassoOptions& options,
                                 bool plain) {
  const VectorXd means = x.colwise().mean().transpose();
  const MatrixXd centered = x.rowwise() - means.transpose();
  const double mean = y.mean();
  const VectorXd target = y.array() - mean;
  const double squares = target.squaredNorm();
  const auto rows = static_cast<double>(x.rows());
  if (plain || x.rows() <= x.cols()) {
    return walk(PlainDescent(centered, target), means, mean, squares, rows, alphas, options);
  }
  return walk(GramDescent(centered, target), means, mean, squares, rows, alphas, options);
}

std::vector<double> alpha_grid(const MatrixXd& x, const VectorXd& y, std::size_t count) {
  constexpr double kSpan = 1e-3;
  const VectorXd target = y.array() - y.mean();
  const MatrixXd centered = x.rowwise() - x.colwise().mean();
  const double first =
      (centered.transpose() * target).cwiseAbs().maxCoeff() / static_cast<double>(x.rows());
  std::vector<double> alphas;
  for (std::size_t i = 0; i < count; ++i) {
    const double part = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0.0;
    alphas.push_back(first * std::pow(kSpan, part));
  }
  return alphas;
}

}  // namespace layerwatt::prediction
