#include "attribution/fit/fine_fit.h"

#include <algorithm>

namespace layerwatt {

Eigen::MatrixXd FineFit::steady_total() const {
  Eigen::MatrixXd sum = steady_prior;
  for (const Eigen::MatrixXd& fold : folds) sum += fold;
  return sum;
}

void FineFit::expect(int column, double value, double deviation) {
  layerwatt::expect(column, value, deviation, prior);
  layerwatt::expect(column, value, deviation, steady_prior);
}

Eigen::MatrixXd FineFit::scores(const Eigen::VectorXd& fine) const {
  Eigen::VectorXd weights(static_cast<Eigen::Index>(columns.size()));
  for (Eigen::Index i = 0; i + 1 < weights.size(); ++i) {
    weights[i] = -fine[columns[static_cast<std::size_t>(i)]];
  }
  weights[weights.size() - 1] = 1.0;
  Eigen::MatrixXd scores =
      Eigen::MatrixXd::Zero(fine.size(), static_cast<Eigen::Index>(blocks.size()));
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const Eigen::VectorXd score = blocks[b].times(weights);
    for (Eigen::Index i = 0; i + 1 < weights.size(); ++i) {
      scores(columns[static_cast<std::size_t>(i)], static_cast<Eigen::Index>(b)) = score[i];
    }
  }
  return scores;
}

void expect(int column, double value, double deviation, Eigen::MatrixXd& products) {
  const Eigen::Index reading = products.cols() - 1;
  const double weight = 1.0 / std::max(deviation * deviation, 1e-12);
  products(column, column) += weight;
  products(column, reading) += weight * value;
  products(reading, column) += weight * value;
  products(reading, reading) += weight * value * value;
}

Eigen::MatrixXd repeat_tie(const ColumnLayout& layout, const LoadPieces& load, double deviation,
                           bool with_reading) {
  const int size = with_reading ? layout.columns() : layout.unknowns();
  Eigen::MatrixXd tie = Eigen::MatrixXd::Zero(size, size);
  const double weight = 1.0 / (deviation * deviation);
  for (int l = 0; l < load.layers; ++l) {
    const int r = load.repeat_column(l);
    tie(l, l) += weight;
    tie(r, r) += weight;
    tie(l, r) -= weight;
    tie(r, l) -= weight;
  }
  return tie;
}

Eigen::MatrixXd power_prior(const ColumnLayout& layout, const LoadPieces& load,
                            const ExpectedPowers& expected) {
  Eigen::MatrixXd prior = repeat_tie(layout, load, expected.repeat_spread, true);
  for (int c = 0; c < load.gap_column(); ++c) expect(c, expected.mean, expected.spread, prior);
  expect(layout.idle(), expected.idle, expected.idle_spread, prior);
  return prior;
}

}  // namespace layerwatt
