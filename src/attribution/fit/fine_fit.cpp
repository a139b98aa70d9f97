#include "attribution/fit/fine_fit.h"

#include <algorithm>

namespace layerwatt {

Eigen::MatrixXd FineFit::total() const {
  Eigen::MatrixXd sum = prior;
  for (const Eigen::MatrixXd& block : blocks) sum += block;
  return sum;
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
  const int y = layout.unknowns();
  const auto expect = [&](int column, double value, double deviation) {
    const double weight = 1.0 / std::max(deviation * deviation, 1e-12);
    prior(column, column) += weight;
    prior(column, y) += weight * value;
    prior(y, column) += weight * value;
    prior(y, y) += weight * value * value;
  };
  for (int c = 0; c < load.gap_column(); ++c) expect(c, expected.mean, expected.spread);
  expect(layout.idle(), expected.idle, expected.idle_spread);
  return prior;
}

}  // namespace layerwatt
