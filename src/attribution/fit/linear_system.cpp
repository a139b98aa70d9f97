#include "attribution/fit/linear_system.h"

#include <algorithm>
#include <cmath>

#include "attribution/fit/dense_kernels.h"

namespace layerwatt {
namespace {

/// As many as dense_kernels packs at a time.
constexpr std::size_t kPanelRows = 256;
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

void Whitener::whiten(double time, double weight, std::span<double> row, double filtered) {
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
  p_ff_ = f * f * p_ff_ + (1.0 - f * f) * noise_.filtered * filtered;
  p_dd_ = d * d * p_dd_ + (1.0 - d * d) * noise_.drift;
  p_fd_ *= f * d;
  const double seen_f = p_ff_ + p_fd_;
  const double seen_d = p_dd_ + p_fd_;
  const double total = seen_f + seen_d + white;
  const double gain_f = seen_f / total;
  const double gain_d = seen_d / total;
  const double scale = 1.0 / std::sqrt(total);
  log_variance_ += std::log(total);
  whiten_row({f, d, gain_f, gain_d, scale}, row, filtered_, drift_);
  p_ff_ -= gain_f * seen_f;
  p_fd_ -= gain_f * seen_d;
  p_dd_ -= gain_d * seen_d;
}

NormalEquations::NormalEquations(std::size_t columns)
    : columns_(columns),
      panel_(kPanelRows * columns, 0.0),
      products_(Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(columns),
                                      static_cast<Eigen::Index>(columns))) {}

std::span<double> NormalEquations::next_row() {
  if (filled_ == kPanelRows) flush();
  return std::span(panel_).subspan(filled_ * columns_, columns_);
}

void NormalEquations::commit() {
  ++filled_;
  ++rows_;
}

void NormalEquations::flush() {
  add_products(std::span(panel_).first(filled_ * columns_), columns_,
               {products_.data(), static_cast<std::size_t>(products_.size())}, scratch_);
  filled_ = 0;
}

const Eigen::MatrixXd& NormalEquations::matrix() {
  if (filled_ > 0) flush();
  products_.triangularView<Eigen::StrictlyUpper>() = products_.transpose();
  return products_;
}

Eigen::MatrixXd products_of(const RowMatrix& rows) {
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(rows.cols(), rows.cols());
  std::vector<double> scratch;
  add_products({rows.data(), static_cast<std::size_t>(rows.size())},
               static_cast<std::size_t>(rows.cols()),
               {products.data(), static_cast<std::size_t>(products.size())}, scratch);
  products.triangularView<Eigen::StrictlyUpper>() = products.transpose();
  return products;
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

namespace {

/// Normal equations scaled to a diagonal of ones, in factors.
class Factors {
 public:
  explicit Factors(const Eigen::Ref<const Eigen::MatrixXd>& matrix) : scale_(matrix.rows()) {
    for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
      scale_[i] = matrix(i, i) > 0.0 ? 1.0 / std::sqrt(matrix(i, i)) : 0.0;
    }
    Eigen::MatrixXd scaled = scale_.asDiagonal() * matrix * scale_.asDiagonal();
    scaled.diagonal().setConstant(1.0 + kRidge);
    cholesky_.compute(scaled);
    // Rounding may make directions that the data do not determine negative: then pivoting helps.
    if (cholesky_.info() != Eigen::Success) pivoted_.compute(scaled);
  }

  template <class Right>
  Eigen::MatrixXd solve(const Eigen::MatrixBase<Right>& right) const {
    Eigen::MatrixXd scaled = scale_.asDiagonal() * right;
    if (cholesky_.info() == Eigen::Success) {
      cholesky_.solveInPlace(scaled);
    } else {
      scaled = pivoted_.solve(scaled).eval();
    }
    return scale_.asDiagonal() * scaled;
  }

  Eigen::MatrixXd inverse() const {
    return solve(Eigen::MatrixXd::Identity(scale_.size(), scale_.size()));
  }

  double log_determinant() const {
    double sum = 0.0;
    for (const double scale : scale_) {
      if (scale > 0.0) sum -= 2.0 * std::log(scale);
    }
    if (cholesky_.info() == Eigen::Success) {
      const auto diagonal = cholesky_.matrixLLT().diagonal();
      return sum + 2.0 * diagonal.array().max(1e-150).log().sum();
    }
    return sum + pivoted_.vectorD().array().abs().max(1e-300).log().sum();
  }

 private:
  Eigen::VectorXd scale_;
  Eigen::LLT<Eigen::MatrixXd> cholesky_;
  Eigen::LDLT<Eigen::MatrixXd> pivoted_;
};

}  // namespace

LeastSquares solve_normal_equations(const Eigen::MatrixXd& products, Wanted wanted) {
  const Eigen::Index n = products.rows() - 1;
  const Factors factors(products.topLeftCorner(n, n));
  LeastSquares result;
  result.value = factors.solve(products.col(n).head(n));
  if (wanted == Wanted::kCovariance) result.covariance = factors.inverse();
  result.log_determinant = factors.log_determinant();
  const Eigen::VectorXd fitted = products.topLeftCorner(n, n) * result.value;
  result.residual = std::max(0.0, products(n, n) - 2.0 * result.value.dot(products.col(n).head(n)) +
                                      result.value.dot(fitted));
  return result;
}

}  // namespace layerwatt
