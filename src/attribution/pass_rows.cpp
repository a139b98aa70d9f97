#include "attribution/pass_rows.h"

#include <cmath>

namespace layerwatt {

void PassRows::add(double time, std::span<const double> row, double variance, double slope) {
  const double scale = 1.0 / std::sqrt(variance);
  time_.push_back(time);
  slope_.push_back(slope * scale);
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

}  // namespace layerwatt
