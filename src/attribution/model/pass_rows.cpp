#include "attribution/model/pass_rows.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// Variance by timing, in units of the row's own noise, below which it does not count.
constexpr double kTouched = 1e-4;

}  // namespace

void PassRows::add(double time, std::span<const double> row, double variance, double slope,
                   double before_end) {
  const double scale = 1.0 / std::sqrt(variance);
  time_.push_back(time);
  slope_.push_back(slope * scale);
  before_end_.push_back(before_end);
  for (const double x : row) rows_.push_back(x * scale);
}

/// Covariance I + j²·s·sᵀ: its inverse root takes a part of the component along s away.
void PassRows::share_jitter(double jitter) {
  double squares = 0.0;
  for (const double s : slope_) squares += s * s;
  if (squares <= 0.0 || jitter <= 0.0) return;
  const double part = (1.0 - 1.0 / std::sqrt(1.0 + jitter * jitter * squares)) / squares;
  std::vector<double> along(columns_, 0.0);
  for (std::size_t i = 0; i < slope_.size(); ++i) {
    for (std::size_t c = 0; c < columns_; ++c) along[c] += slope_[i] * rows_[i * columns_ + c];
  }
  for (std::size_t i = 0; i < slope_.size(); ++i) {
    for (std::size_t c = 0; c < columns_; ++c) {
      rows_[i * columns_ + c] -= part * slope_[i] * along[c];
    }
  }
}

/// Covariance I + s·c·s, c that of the timing; its Cholesky factor's inverse over the rows. Those
/// that timing does not touch, such as of idle behind the last pass, stay as they are.
void PassRows::whiten(const PassJitter& jitter) {
  std::vector<std::size_t> touched;
  for (std::size_t i = 0; i < slope_.size(); ++i) {
    const double variance = slope_[i] * slope_[i] * jitter.variance(before_end_[i]);
    if (variance > kTouched) touched.push_back(i);
  }
  const std::size_t n = touched.size();
  factor_.assign(n * n, 0.0);
  for (std::size_t a = 0; a < n; ++a) {
    const std::size_t i = touched[a];
    double* row = rows_.data() + i * columns_;
    double own = 1.0 + slope_[i] * slope_[i] * jitter.variance(before_end_[i]);
    for (std::size_t b = 0; b < a; ++b) {
      const std::size_t j = touched[b];
      double sum =
          slope_[i] * slope_[j] * jitter.variance(std::min(before_end_[i], before_end_[j]));
      for (std::size_t k = 0; k < b; ++k) sum -= factor_[a * n + k] * factor_[b * n + k];
      const double factor = sum / factor_[b * n + b];
      factor_[a * n + b] = factor;
      own -= factor * factor;
      const double* before = rows_.data() + j * columns_;
      for (std::size_t c = 0; c < columns_; ++c) row[c] -= factor * before[c];
    }
    const double root = std::sqrt(std::max(own, 1e-12));
    factor_[a * n + a] = root;
    for (std::size_t c = 0; c < columns_; ++c) row[c] /= root;
  }
}

}  // namespace layerwatt
