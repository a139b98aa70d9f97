#pragma once

#include <cstdint>
#include <span>

#include "layerwatt/prediction/cost_model.h"

#include "prediction/feature_rows.h"

namespace layerwatt::prediction {

struct ProcessOptions {
  /// Rows that the hyperparameters are found on, and that are kept for prediction; drawn from all.
  std::size_t search_rows = 250;
  std::size_t kept_rows = 1000;
  std::uint64_t seed = 42;
};

/// A Gaussian process on residuals of logarithms, hyperparameters by the likelihood with priors:
/// lengths around 3 standard deviations of a feature, noise around 3 %. The same seed gives the
/// same process. Precondition: at least two rows.
ProcessModel fit_process(const FeatureRows& features, std::span<const double> target,
                         const ProcessOptions& options);

double predict_process(const ProcessModel& model, std::span<const double> features);

/// Standard deviation of what the process does not know about a layer, from its nearest rows alone.
double process_deviation(const ProcessModel& model, std::span<const double> features);

}  // namespace layerwatt::prediction
