#include "attribution/model/common_gain.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// A chip's case and heat sink follow in tens of seconds; faster changes are noise of the filter.
constexpr double kKnotSeconds = 10.0;
constexpr double kMostPieces = 12.0;
/// Of the mean: far below what any recording tells.
constexpr double kMeanError = 1e-5;

}  // namespace

CommonGain::CommonGain(double begin, double end) : begin_(begin) {
  const double length = end - begin;
  if (length < 2.0 * kKnotSeconds) return;
  const double pieces = std::min(std::floor(length / kKnotSeconds), kMostPieces);
  spacing_ = length / pieces;
  knots_ = static_cast<std::size_t>(pieces) + 1;
}

void CommonGain::fill(double time, std::span<double> out) const {
  std::ranges::fill(out, 0.0);
  const auto last = static_cast<double>(knots_ - 1);
  const double place = std::clamp((time - begin_) / spacing_, 0.0, last);
  const auto left = static_cast<std::size_t>(std::min(std::floor(place), last - 1.0));
  const double part = place - static_cast<double>(left);
  out[left] = 1.0 - part;
  out[left + 1] = part;
}

Eigen::MatrixXd CommonGain::prior(double rate) const {
  const auto n = static_cast<Eigen::Index>(knots_);
  Eigen::VectorXd mean = Eigen::VectorXd::Constant(n, 1.0 / static_cast<double>(n - 1));
  mean[0] = mean[n - 1] = 0.5 / static_cast<double>(n - 1);
  Eigen::MatrixXd prior = mean * mean.transpose() / (kMeanError * kMeanError);
  const double weight = 1.0 / (rate * rate * spacing_);
  for (Eigen::Index i = 0; i + 1 < n; ++i) {
    prior(i, i) += weight;
    prior(i + 1, i + 1) += weight;
    prior(i, i + 1) -= weight;
    prior(i + 1, i) -= weight;
  }
  return prior;
}

double CommonGain::log_determinant(double rate) const {
  return -2.0 * static_cast<double>(knots_ - 1) * std::log(rate);
}

}  // namespace layerwatt
