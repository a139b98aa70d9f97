#include "attribution/fine_fit.h"

namespace layerwatt {

Eigen::MatrixXd FineFit::total() const {
  Eigen::MatrixXd sum = prior;
  for (const Eigen::MatrixXd& block : blocks) sum += block;
  return sum;
}

Eigen::MatrixXd pooling_matrix(const ColumnLayout& layout, const LoadPieces& load,
                               bool with_reading) {
  const int fine = with_reading ? layout.columns() : layout.unknowns();
  Eigen::MatrixXd pooled = Eigen::MatrixXd::Zero(fine, fine - load.layers);
  for (int l = 0; l < load.layers; ++l) {
    pooled(l, l) = 1.0;
    pooled(load.repeat_column(l), l) = 1.0;
  }
  for (int c = 2 * load.layers; c < fine; ++c) pooled(c, c - load.layers) = 1.0;
  return pooled;
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

}  // namespace layerwatt
