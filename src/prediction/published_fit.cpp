#include <fmt/format.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "layerwatt/prediction/published_pipeline.h"

#include "prediction/lasso.h"
#include "prediction/polynomial_terms.h"

namespace layerwatt {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

double quantile(const std::vector<double>& sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

void set_robust_scale(const VectorXd& column, PublishedModel& model) {
  std::vector<double> sorted(column.begin(), column.end());
  std::sort(sorted.begin(), sorted.end());
  const double range = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  model.center.push_back(quantile(sorted, 0.5));
  const bool constant = range < 10.0 * std::numeric_limits<double>::epsilon();
  model.scale.push_back(constant ? 1.0 : range);
}

void set_standard_scale(const VectorXd& column, PublishedModel& model) {
  const auto count = static_cast<double>(column.size());
  const double mean = column.mean();
  const double variance = (column.array() - mean).square().sum() / count;
  // Differences that rounding alone explains are none.
  constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
  const double rounding = count * kEpsilon * variance + std::pow(count * mean * kEpsilon, 2);
  model.center.push_back(mean);
  model.scale.push_back(variance <= rounding ? 1.0 : std::sqrt(variance));
}

MatrixXd terms_of(const PublishedRows& rows, const prediction::PipelineSettings& settings) {
  MatrixXd terms;
  for (std::size_t i = 0; i < rows.features.size(); ++i) {
    const std::vector<double> row =
        prediction::polynomial_terms(rows.table, settings, rows.features[i]);
    if (i == 0) {
      terms.resize(static_cast<Index>(rows.features.size()), static_cast<Index>(row.size()));
    }
    terms.row(static_cast<Index>(i)) =
        Eigen::Map<const Eigen::RowVectorXd>(row.data(), static_cast<Index>(row.size()));
  }
  return terms;
}

void scale_terms(const prediction::PipelineSettings& settings, MatrixXd& terms,
                 PublishedModel& model) {
  for (Index j = 0; j < terms.cols(); ++j) {
    if (settings.robust_scaler) {
      set_robust_scale(terms.col(j), model);
    } else {
      set_standard_scale(terms.col(j), model);
    }
    const auto at = static_cast<std::size_t>(j);
    terms.col(j) = (terms.col(j).array() - model.center[at]) / model.scale[at];
  }
}

/// Mean squared errors of one fold, an alpha each.
VectorXd fold_errors(const MatrixXd& x, const VectorXd& y, Index begin, Index size,
                     const std::vector<double>& alphas, const prediction::LassoOptions& options) {
  const Index rest = x.rows() - size;
  MatrixXd train(rest, x.cols());
  VectorXd target(rest);
  train << x.topRows(begin), x.bottomRows(rest - begin);
  target << y.head(begin), y.tail(rest - begin);
  const auto fits = prediction::lasso_path(train, target, alphas, options, false);
  VectorXd errors(static_cast<Index>(fits.size()));
  for (std::size_t i = 0; i < fits.size(); ++i) {
    const VectorXd predicted =
        (x.middleRows(begin, size) * fits[i].coefficients).array() + fits[i].intercept;
    errors(static_cast<Index>(i)) =
        (y.segment(begin, size) - predicted).squaredNorm() / static_cast<double>(size);
  }
  return errors;
}

/// The alpha of least mean error over contiguous folds, the first of which are one row larger.
double best_alpha(const MatrixXd& x, const VectorXd& y, const std::vector<double>& alphas,
                  Index folds, const prediction::LassoOptions& options) {
  VectorXd errors = VectorXd::Zero(static_cast<Index>(alphas.size()));
  Index begin = 0;
  for (Index fold = 0; fold < folds; ++fold) {
    const Index size = x.rows() / folds + (fold < x.rows() % folds ? 1 : 0);
    errors += fold_errors(x, y, begin, size, alphas, options);
    begin += size;
  }
  Index best = 0;
  errors.minCoeff(&best);
  return alphas[static_cast<std::size_t>(best)];
}

}  // namespace

Result<PublishedModel> fit_published(const PublishedRows& rows, std::span<const double> targets,
                                     PublishedTarget target, const PublishedOptions& options) {
  if (rows.features.size() < std::max<std::size_t>(options.folds, 2)) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("the published pipeline needs at least {} rows, one a fold; there are "
                             "{}",
                             options.folds, rows.features.size()));
  }
  const auto settings = prediction::pipeline_settings(rows.table, target);
  PublishedModel model;
  model.table = rows.table;
  model.target = target;
  MatrixXd terms = terms_of(rows, settings);
  scale_terms(settings, terms, model);
  const VectorXd y = Eigen::Map<const VectorXd>(targets.data(), static_cast<Index>(targets.size()));
  const std::vector<double> alphas = prediction::alpha_grid(terms, y, options.alphas);
  const prediction::LassoOptions lasso{settings.positive, options.most_sweeps, 1e-4};
  model.first_alpha = alphas.front();
  model.last_alpha = alphas.back();
  model.alpha = best_alpha(terms, y, alphas, static_cast<Index>(options.folds), lasso);
  const auto fit = prediction::lasso_path(terms, y, {model.alpha}, lasso, true).front();
  model.coefficients.assign(fit.coefficients.begin(), fit.coefficients.end());
  model.intercept = fit.intercept;
  model.sweeps = fit.sweeps;
  return model;
}

double predict_published(const PublishedModel& model, const std::vector<double>& features) {
  const auto settings = prediction::pipeline_settings(model.table, model.target);
  const std::vector<double> terms = prediction::polynomial_terms(model.table, settings, features);
  double sum = model.intercept;
  for (std::size_t j = 0; j < terms.size(); ++j) {
    if (model.coefficients[j] == 0.0) continue;
    sum += model.coefficients[j] * (terms[j] - model.center[j]) / model.scale[j];
  }
  return sum;
}

PublishedMetrics published_metrics(std::span<const double> actual,
                                   std::span<const double> predicted) {
  const auto count = static_cast<double>(actual.size());
  double mean = 0.0;
  for (const double value : actual) mean += value / count;
  PublishedMetrics metrics;
  double spread = 0.0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double error = actual[i] - predicted[i];
    metrics.rmspe += std::pow(error / (actual[i] + 1e-10), 2) / count;
    metrics.mse += error * error / count;
    metrics.mae += std::fabs(error) / count;
    metrics.mape += std::fabs(error) /
                    std::max(std::fabs(actual[i]), std::numeric_limits<double>::epsilon()) / count;
    spread += (actual[i] - mean) * (actual[i] - mean) / count;
  }
  metrics.rmspe = 100.0 * std::sqrt(metrics.rmspe);
  metrics.rmse = std::sqrt(metrics.mse);
  metrics.r2 = spread > 0.0 ? 1.0 - metrics.mse / spread : 0.0;
  return metrics;
}

}  // namespace layerwatt
