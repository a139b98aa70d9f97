#include "prediction/gaussian_process.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "layerwatt/core/random.h"

namespace layerwatt::prediction {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Neighbours that process_deviation() looks at.
constexpr std::size_t kNeighbours = 24;
constexpr int kSearchSteps = 60;

/// Logarithms: one length a feature, then these three.
struct Hyperparameters {
  VectorXd lengths;
  double signal = std::log(0.3);
  double noise = std::log(0.05);
  double linear = std::log(0.05);

  static Hyperparameters from(const VectorXd& all) {
    const Index size = all.size() - 3;
    return {all.head(size), all(size), all(size + 1), all(size + 2)};
  }
};

/// Middles of the priors, each with a spread of one.
VectorXd prior_middle(Index features) {
  VectorXd middle(features + 3);
  middle.head(features).setConstant(std::log(3.0));
  middle.tail(3) << std::log(0.3), std::log(0.03), std::log(0.05);
  return middle;
}

/// The likelihood of a few rows, and its slope.
class Likelihood {
 public:
  Likelihood(const MatrixXd& rows, const VectorXd& target)
      : target_(target), linear_((rows * rows.transpose()).array() + 1.0) {
    for (Index j = 0; j < rows.cols(); ++j) {
      const VectorXd column = rows.col(j);
      squares_.push_back(
          (column.replicate(1, rows.rows()) - column.transpose().replicate(rows.rows(), 1))
              .array()
              .square());
    }
  }

  /// Slope of the negative logarithm of the posterior; false where the matrix is not definite.
  bool slope(const VectorXd& all, VectorXd& slope) const {
    const Hyperparameters h = Hyperparameters::from(all);
    MatrixXd distance = MatrixXd::Zero(target_.size(), target_.size());
    for (std::size_t j = 0; j < squares_.size(); ++j) {
      distance += squares_[j] * std::exp(-2.0 * h.lengths(static_cast<Index>(j)));
    }
    const Eigen::ArrayXXd root = (3.0 * distance.array()).sqrt();
    const Eigen::ArrayXXd decay = std::exp(2.0 * h.signal) * (-root).exp();
    const MatrixXd matern = (1.0 + root) * decay;
    MatrixXd kernel = matern + std::exp(2.0 * h.linear) * linear_;
    kernel.diagonal().array() += std::exp(2.0 * h.noise);
    const Eigen::LLT<MatrixXd> factor(kernel);
    if (factor.info() != Eigen::Success) return false;
    const VectorXd weights = factor.solve(target_);
    const MatrixXd inverse = factor.solve(MatrixXd::Identity(target_.size(), target_.size()));
    const Eigen::ArrayXXd pull = (weights * weights.transpose() - inverse).array();
    slope = all - prior_middle(h.lengths.size());
    const Eigen::ArrayXXd pulled = pull * decay;
    for (std::size_t j = 0; j < squares_.size(); ++j) {
      const auto at = static_cast<Index>(j);
      slope(at) -= 1.5 * std::exp(-2.0 * h.lengths(at)) * (pulled * squares_[j].array()).sum();
    }
    const Index size = h.lengths.size();
    slope(size) -= (pull * matern.array()).sum();
    slope(size + 1) -= pull.matrix().trace() * std::exp(2.0 * h.noise);
    slope(size + 2) -= std::exp(2.0 * h.linear) * (pull * linear_.array()).sum();
    return true;
  }

 private:
  VectorXd target_;
  MatrixXd linear_;
  std::vector<MatrixXd> squares_;
};

/// Resilient steps along the signs of the slope: needs no line search, and no step is large.
VectorXd search(const Likelihood& likelihood, Index features) {
  VectorXd now = prior_middle(features);
  VectorXd step = VectorXd::Constant(now.size(), 0.15);
  VectorXd before = VectorXd::Zero(now.size());
  VectorXd slope(now.size());
  for (int i = 0; i < kSearchSteps; ++i) {
    if (!likelihood.slope(now, slope)) break;
    for (Index j = 0; j < now.size(); ++j) {
      const double turn = slope(j) * before(j);
      if (turn < 0.0) {
        step(j) = std::max(step(j) * 0.5, 1e-3);
        slope(j) = 0.0;
      } else if (turn > 0.0) {
        step(j) = std::min(step(j) * 1.2, 0.5);
      }
      if (slope(j) != 0.0) now(j) -= std::copysign(step(j), slope(j));
      now(j) = std::clamp(now(j), -7.0, 5.0);
    }
    before = slope;
  }
  return now;
}

/// Standardised, features that are constant left out.
std::vector<double> standardised(const ProcessModel& model, std::span<const double> features) {
  std::vector<double> row;
  for (std::size_t j = 0; j < features.size(); ++j) {
    if (model.scale[j] > 0.0) row.push_back((features[j] - model.center[j]) / model.scale[j]);
  }
  return row;
}

void set_scales(const FeatureRows& features, ProcessModel& model) {
  const auto count = static_cast<double>(features.size());
  for (std::size_t j = 0; j < features.columns; ++j) {
    double sum = 0.0;
    for (std::size_t i = 0; i < features.size(); ++i) sum += features.row(i)[j];
    double squares = 0.0;
    for (std::size_t i = 0; i < features.size(); ++i) {
      squares += std::pow(features.row(i)[j] - sum / count, 2);
    }
    const double deviation = std::sqrt(squares / count);
    model.center.push_back(sum / count);
    model.scale.push_back(deviation > 1e-9 ? deviation : 0.0);
  }
}

std::vector<std::size_t> draw(std::size_t count, std::size_t of, std::uint64_t seed) {
  std::vector<std::size_t> rows(of);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (count >= of) return rows;
  Random random(seed, "process rows");
  random.shuffle(rows);
  rows.resize(count);
  std::sort(rows.begin(), rows.end());
  return rows;
}

MatrixXd matrix_of(const ProcessModel& model, const FeatureRows& features,
                   const std::vector<std::size_t>& rows) {
  MatrixXd matrix;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<double> row = standardised(model, features.row(rows[i]));
    if (i == 0) {
      matrix.resize(static_cast<Index>(rows.size()), static_cast<Index>(row.size()));
    }
    matrix.row(static_cast<Index>(i)) =
        Eigen::Map<const Eigen::RowVectorXd>(row.data(), static_cast<Index>(row.size()));
  }
  return matrix;
}

VectorXd vector_of(std::span<const double> target, const std::vector<std::size_t>& rows) {
  VectorXd vector(static_cast<Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) vector(static_cast<Index>(i)) = target[rows[i]];
  return vector;
}

double kernel(const ProcessModel& model, std::span<const double> a, std::span<const double> b) {
  double distance = 0.0;
  double product = 1.0;
  for (std::size_t j = 0; j < a.size(); ++j) {
    const double gap = (a[j] - b[j]) / model.length[j];
    distance += gap * gap;
    product += a[j] * b[j];
  }
  const double root = std::sqrt(3.0 * distance);
  return model.signal * model.signal * (1.0 + root) * std::exp(-root) +
         model.linear * model.linear * product;
}

std::span<const double> row_of(const ProcessModel& model, std::size_t i) {
  return std::span(model.rows).subspan(i * model.length.size(), model.length.size());
}

void keep_rows(const MatrixXd& rows, const VectorXd& target, ProcessModel& model) {
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j < rows.cols(); ++j) model.rows.push_back(rows(i, j));
  }
  MatrixXd matrix(rows.rows(), rows.rows());
  for (Index i = 0; i < rows.rows(); ++i) {
    for (Index j = 0; j <= i; ++j) {
      matrix(i, j) = kernel(model, row_of(model, static_cast<std::size_t>(i)),
                            row_of(model, static_cast<std::size_t>(j)));
    }
    matrix(i, i) += model.noise * model.noise + 1e-10;
  }
  const VectorXd weights = matrix.selfadjointView<Eigen::Lower>().llt().solve(target);
  model.weights.assign(weights.begin(), weights.end());
}

}  // namespace

ProcessModel fit_process(const FeatureRows& features, std::span<const double> target,
                         const ProcessOptions& options) {
  ProcessModel model;
  set_scales(features, model);
  const auto searched = draw(options.search_rows, features.size(), options.seed);
  const MatrixXd few = matrix_of(model, features, searched);
  if (few.cols() == 0) return model;
  const Hyperparameters found =
      Hyperparameters::from(search(Likelihood(few, vector_of(target, searched)), few.cols()));
  for (const double length : found.lengths) model.length.push_back(std::exp(length));
  model.signal = std::exp(found.signal);
  model.linear = std::exp(found.linear);
  model.noise = std::exp(found.noise);
  const auto kept = draw(options.kept_rows, features.size(), options.seed + 1);
  keep_rows(matrix_of(model, features, kept), vector_of(target, kept), model);
  return model;
}

double predict_process(const ProcessModel& model, std::span<const double> features) {
  if (model.weights.empty()) return 0.0;
  const std::vector<double> row = standardised(model, features);
  double sum = 0.0;
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    sum += model.weights[i] * kernel(model, row, row_of(model, i));
  }
  return sum;
}

double process_deviation(const ProcessModel& model, std::span<const double> features) {
  if (model.weights.empty()) return 0.0;
  const std::vector<double> row = standardised(model, features);
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    near.emplace_back(-kernel(model, row, row_of(model, i)), i);
  }
  const std::size_t count = std::min(kNeighbours, near.size());
  std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(count), near.end());
  MatrixXd matrix(static_cast<Index>(count), static_cast<Index>(count));
  VectorXd cross(static_cast<Index>(count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = static_cast<Index>(i);
    cross(at) = -near[i].first;
    for (std::size_t j = 0; j <= i; ++j) {
      matrix(at, static_cast<Index>(j)) =
          kernel(model, row_of(model, near[i].second), row_of(model, near[j].second));
    }
    matrix(at, at) += model.noise * model.noise + 1e-10;
  }
  const double explained = cross.dot(matrix.selfadjointView<Eigen::Lower>().llt().solve(cross));
  const double variance = kernel(model, row, row) - explained;
  return std::sqrt(std::max(variance, 0.0) + model.noise * model.noise);
}

}  // namespace layerwatt::prediction
