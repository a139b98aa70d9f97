#include "attribution/inference/intervals.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// With fewer blocks the scatter among them says too little.
constexpr std::size_t kLeastBlocks = 12;

/// Ratio of the variance by the scatter of blocks to that by the model, the median over groups.
double block_scatter(const FineFit& fit, const GroupedSolution& solution) {
  const auto blocks = static_cast<double>(fit.blocks.size());
  if (fit.blocks.size() < kLeastBlocks || solution.group_column.empty()) return 1.0;
  const Eigen::VectorXd fine = solution.map * solution.fit.value;
  const Eigen::MatrixXd scores = solution.map.transpose() * fit.scores(fine);
  // What the score of each block alone would move the unknowns by.
  const Eigen::MatrixXd moves = solution.fit.covariance * scores;
  std::vector<double> ratios;
  for (const int column : solution.group_column) {
    const double model = solution.variance(column);
    if (model <= 0.0) continue;
    ratios.push_back(moves.row(column).squaredNorm() * (blocks / (blocks - 1.0)) / model);
  }
  if (ratios.empty()) return 1.0;
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  // A chi-squared variable with this many degrees of freedom has a median below its mean.
  const double median_of_unit = std::pow(1.0 - 2.0 / (9.0 * (blocks - 1.0)), 3);
  return *middle / median_of_unit;
}

}  // namespace

double normal_half_width(double confidence) {
  // Newton's method on erf; the function is smooth and the start is good enough for any confidence
  // that doubles can hold.
  double z = 1.0;
  for (int i = 0; i < 60; ++i) {
    const double error = std::erf(z / std::sqrt(2.0)) - confidence;
    const double slope = std::sqrt(2.0 / 3.14159265358979323846) * std::exp(-0.5 * z * z);
    const double step = std::clamp(error / slope, -1.0, 0.5);
    z -= step;
    if (std::abs(step) < 1e-13) break;
  }
  return z;
}

double variance_scale(const FineFit& fit, const GroupedSolution& solution) {
  const auto unknowns = static_cast<double>(solution.fit.value.size() + fit.eliminated);
  const double freedom = std::max(1.0, static_cast<double>(fit.rows) - unknowns);
  const double residual = solution.fit.residual / freedom;
  return std::max({1.0, residual, block_scatter(fit, solution)});
}

}  // namespace layerwatt
