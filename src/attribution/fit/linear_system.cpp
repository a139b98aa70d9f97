#include "attribution/fit/linear_system.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

constexpr Eigen::Index kPanelRows = 256;
/// Relative to the scaled diagonal: far below what any recording determines, far above rounding.
constexpr double kRidge = 1e-12;
constexpr double kSecondsPerDriftOrder = 15.0;
constexpr std::size_t kHighestDriftOrder = 3;

}  // namespace

Whitener::Whitener(const NoiseModel& noise, std::size_t columns)
    : noise_(noise),
      filtered_(columns, 0.0),
      drift_(columns, 0.0),
      p_ff_(noise.filtered),
      p_dd_(noise.drift) {}

void Whitener::whiten(double time, double weight, std::span<double> row) {
  const double white = noise_.white / weight;
  if (noise_.filtered <= 0.0 && noise_.drift <= 0.0) {
    const double scale = 1.0 / std::sqrt(white);
    for (double& x : row) x *= scale;
    log_variance_ += std::log(white);
    return;
  }
  const double passed = started_ ? std::max(0.0, time - last_time_) : 0.0;
  started_ = true;
  last_time_ = time;
  const double f = std::exp(-passed / noise_.filter_time);
  const double d = std::exp(-passed / noise_.drift_time);
  p_ff_ = f * f * p_ff_ + (1.0 - f * f) * noise_.filtered;
  p_dd_ = d * d * p_dd_ + (1.0 - d * d) * noise_.drift;
  p_fd_ *= f * d;
  const double seen_f = p_ff_ + p_fd_;
  const double seen_d = p_dd_ + p_fd_;
  const double total = seen_f + seen_d + white;
  const double gain_f = seen_f / total;
  const double gain_d = seen_d / total;
  const double scale = 1.0 / std::sqrt(total);
  log_variance_ += std::log(total);
  for (std::size_t c = 0; c < row.size(); ++c) {
    const double expected_f = f * filtered_[c];
    const double expected_d = d * drift_[c];
    const double news = row[c] - expected_f - expected_d;
    filtered_[c] = expected_f + gain_f * news;
    drift_[c] = expected_d + gain_d * news;
    row[c] = news * scale;
  }
  p_ff_ -= gain_f * seen_f;
  p_fd_ -= gain_f * seen_d;
  p_dd_ -= gain_d * seen_d;
}

NormalEquations::NormalEquations(std::size_t columns)
    : panel_(kPanelRows, static_cast<Eigen::Index>(columns)),
      products_(Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(columns),
                                      static_cast<Eigen::Index>(columns))) {}

std::span<double> NormalEquations::next_row() {
  if (filled_ == kPanelRows) flush();
  return {panel_.row(filled_).data(), static_cast<std::size_t>(panel_.cols())};
}

void NormalEquations::commit() {
  ++filled_;
  ++rows_;
}

void NormalEquations::flush() {
  products_.selfadjointView<Eigen::Lower>().rankUpdate(panel_.topRows(filled_).transpose());
  filled_ = 0;
}

const Eigen::MatrixXd& NormalEquations::matrix() {
  if (filled_ > 0) flush();
  products_.triangularView<Eigen::StrictlyUpper>() = products_.transpose();
  return products_;
}

DriftBasis::DriftBasis(double begin, double end)
    : middle_(0.5 * (begin + end)),
      half_(std::max(0.5 * (end - begin), 1e-9)),
      order_(std::clamp(static_cast<std::size_t>((end - begin) / kSecondsPerDriftOrder),
                        std::size_t{1}, kHighestDriftOrder)) {}

void DriftBasis::fill(double time, std::span<double> out) const {
  const double x = (time - middle_) / half_;
  double before = 1.0;
  double now = x;
  for (std::size_t n = 1; n <= order_; ++n) {
    out[n - 1] = now;
    const double degree = static_cast<double>(n);
    const double after = ((2.0 * degree + 1.0) * x * now - degree * before) / (degree + 1.0);
    before = now;
    now = after;
  }
}

LeastSquares solve_normal_equations(const Eigen::MatrixXd& products) {
  const Eigen::Index n = products.rows() - 1;
  Eigen::VectorXd scale(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    scale[i] = products(i, i) > 0.0 ? 1.0 / std::sqrt(products(i, i)) : 0.0;
  }
  Eigen::MatrixXd scaled = scale.asDiagonal() * products.topLeftCorner(n, n) * scale.asDiagonal();
  for (Eigen::Index i = 0; i < n; ++i) scaled(i, i) = 1.0 + kRidge;
  const Eigen::LDLT<Eigen::MatrixXd> factors(scaled);
  const Eigen::VectorXd right = scale.asDiagonal() * products.col(n).head(n);
  LeastSquares result;
  result.value = scale.asDiagonal() * factors.solve(right);
  result.covariance =
      scale.asDiagonal() * factors.solve(Eigen::MatrixXd::Identity(n, n)) * scale.asDiagonal();
  const Eigen::VectorXd fitted = products.topLeftCorner(n, n) * result.value;
  result.residual = std::max(0.0, products(n, n) - 2.0 * result.value.dot(products.col(n).head(n)) +
                                      result.value.dot(fitted));
  return result;
}

double log_determinant(const Eigen::MatrixXd& matrix) {
  const Eigen::Index n = matrix.rows();
  Eigen::MatrixXd scaled = matrix;
  double sum = 0.0;
  Eigen::VectorXd scale(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    scale[i] = matrix(i, i) > 0.0 ? 1.0 / std::sqrt(matrix(i, i)) : 0.0;
    if (scale[i] > 0.0) sum -= 2.0 * std::log(scale[i]);
  }
  scaled = scale.asDiagonal() * scaled * scale.asDiagonal();
  for (Eigen::Index i = 0; i < n; ++i) scaled(i, i) = 1.0 + kRidge;
  const Eigen::LDLT<Eigen::MatrixXd> factors(scaled);
  for (Eigen::Index i = 0; i < n; ++i) {
    sum += std::log(std::max(std::abs(factors.vectorD()[i]), 1e-300));
  }
  return sum;
}

}  // namespace layerwatt
