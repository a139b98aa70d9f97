#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/prediction/cost_model.h"

#include "prediction/feature_rows.h"

namespace layerwatt::prediction {

struct BoostOptions {
  std::size_t trees = 250;
  std::size_t ensembles = 3;
  int depth = 4;
  double rate = 0.05;
  /// Parts of the rows and of the features that each tree is shown.
  double row_share = 0.6;
  double feature_share = 0.5;
  std::size_t least_leaf = 4;
  std::uint64_t seed = 42;
};

/// Gradient boosting of squared errors. The target's mean should be near 0. The same seed gives
/// the same trees.
TreeEnsembles fit_boosted_trees(const FeatureRows& features, std::span<const double> target,
                                const BoostOptions& options);

/// A random forest of deep trees on bootstrap samples (as nn-Meter's), for comparison.
TreeEnsembles fit_forest(const FeatureRows& features, std::span<const double> target,
                         std::size_t trees, std::uint64_t seed);

/// The sum of one ensemble's trees.
double predict_trees(const std::vector<Tree>& trees, std::span<const double> features);
/// The mean over ensembles.
double predict_trees(const TreeEnsembles& model, std::span<const double> features);

}  // namespace layerwatt::prediction
