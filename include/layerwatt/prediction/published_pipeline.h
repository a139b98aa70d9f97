#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Tables and targets of the published models, each of which has its own settings
/// (fuzzylabs/edge-vision-power-estimation, commit 6d8ac68a).
enum class PublishedTable { kConvolutional, kPooling, kDense };
enum class PublishedTarget { kPower, kRunTime };

/// Rows of one table in the published order of columns: 13, 11 or 3 features.
struct PublishedRows {
  PublishedTable table = PublishedTable::kConvolutional;
  std::vector<std::vector<double>> features;
};

/// A polynomial lasso as published: monomials up to the third degree and special terms, scaled,
/// weighted.
struct PublishedModel {
  PublishedTable table = PublishedTable::kConvolutional;
  PublishedTarget target = PublishedTarget::kPower;
  /// Of the scaler, one a term; the constant's included.
  std::vector<double> center;
  std::vector<double> scale;
  std::vector<double> coefficients;
  double intercept = 0.0;
  double alpha = 0.0;
  double first_alpha = 0.0;
  double last_alpha = 0.0;
  /// Sweeps of the last fit.
  std::int64_t sweeps = 0;
};

struct PublishedOptions {
  std::size_t alphas = 500;
  std::size_t folds = 10;
  std::int64_t most_sweeps = 10'000;
};

/// Fits one of the six pipelines: `targets` in watts or milliseconds. Deterministic; the order of
/// rows matters, as published (folds are contiguous). kUnknowable: fewer rows than folds.
Result<PublishedModel> fit_published(const PublishedRows& rows, std::span<const double> targets,
                                     PublishedTarget target, const PublishedOptions& options = {});

/// May be negative, as published.
double predict_published(const PublishedModel& model, const std::vector<double>& features);

/// What the published training prints, with the names of its MLflow metrics in comments.
struct PublishedMetrics {
  double rmspe = 0.0;  ///< testing_root_mean_squared_percentage_error
  double rmse = 0.0;   ///< testing_root_mean_squared_error
  double mse = 0.0;    ///< testing_mean_squared_error
  double r2 = 0.0;     ///< testing_r2_score
  double mae = 0.0;    ///< testing_mean_absolute_error
  double mape = 0.0;   ///< testing_mean_absolute_percentage_error, a fraction
};
/// Precondition: as many predictions as actual values, at least one.
PublishedMetrics published_metrics(std::span<const double> actual,
                                   std::span<const double> predicted);

}  // namespace layerwatt
