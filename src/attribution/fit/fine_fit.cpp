#include "attribution/fit/fine_fit.h"

#include "attribution/fit/priors.h"

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

}  // namespace layerwatt
