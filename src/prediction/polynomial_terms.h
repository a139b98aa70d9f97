#pragma once

#include <vector>

#include "layerwatt/prediction/published_pipeline.h"

namespace layerwatt::prediction {

struct PipelineSettings {
  /// Monomials are of log(1 + feature).
  bool logarithms = false;
  /// Median and interquartile range in place of mean and deviation.
  bool robust_scaler = false;
  /// Coefficients are not negative.
  bool positive = true;
};
PipelineSettings pipeline_settings(PublishedTable table, PublishedTarget target);

/// All monomials up to the third degree, the constant first, then by degree and lexicographic, and
/// after them the table's special terms, which are of the features as they stand.
std::vector<double> polynomial_terms(PublishedTable table, const PipelineSettings& settings,
                                     const std::vector<double>& features);

}  // namespace layerwatt::prediction
