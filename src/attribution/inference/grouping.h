#pragma once

#include <Eigen/Dense>
#include <Eigen/SparseCore>
#include <algorithm>
#include <vector>

#include "attribution/fit/fine_fit.h"
#include "attribution/fit/linear_system.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Which layers share one power, and what else is assumed beside the data.
struct Grouping {
  /// Group of each layer, 0 …, in the order of layers; −1 for layers that never ran.
  std::vector<int> group;
  int groups = 0;
  /// Standard deviation, in watts, of the difference between repeats and first executions; 0: they
  /// are taken as equal.
  double repeat_spread = 0.0;
  /// That of each group as a part of it; empty: all alike. What repeats differ by is taken to go
  /// with what the layer draws.
  std::vector<double> repeat_part;
  /// Mean power of the layers, for the order of magnitude that a layer may draw; 0: not used.
  double usual_power = 0.0;
  /// Standard deviation of an error that every steady power has of its own (or all layers
  /// together), idle power included, and that more readings do not even out (FineFit::rounding).
  double rounding = 0.0;
  double idle_rounding = 0.0;
  bool rounding_is_shared = false;
  /// What the layers of its type say of a group beforehand; empty, or one for each group.
  struct Expectation {
    double watts = 0.0;
    /// 0: nothing is expected.
    double deviation = 0.0;
  };
  std::vector<Expectation> expected;
  /// False: power between executions counts as idle (there is no idle stretch to tell them apart).
  bool has_gap = true;
  /// False: idle power is not in the model (neither idle stretch nor gap).
  bool has_idle = true;
};

/// Every layer that ran in a group of its own.
Grouping separate_layers(const LoadPieces& load);

/// The recording solved for the powers of groups.
struct GroupedSolution {
  LeastSquares fit;
  /// fine unknowns = map × unknowns of the fit.
  Eigen::SparseMatrix<double> map;
  /// Column of the fit of a group, of its repeats (−1: pooled), of the gap, of idle; −1: not there.
  std::vector<int> group_column;
  std::vector<int> repeat_column;
  int gap_column = -1;
  int idle_column = -1;
  /// Normal equations with timing as it is, for variance inflation; empty where only
  /// FineFit::total() was given.
  Eigen::MatrixXd products;
  /// Minus twice the logarithm of the marginal likelihood, up to what all groupings share.
  double deviance = 0.0;

  /// What more readings do not even out (Grouping::rounding), and no noise model scales: of each
  /// group, or of all alike; and what an error of idle power moves the unknowns by.
  double rounding = 0.0;
  bool rounding_is_shared = false;
  Eigen::VectorXd idle_shift;

  /// Of two weighted sums of unknowns, by noise.
  double covariance_of(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const;
  /// Of a weighted sum of unknowns, that of the noise times `scale`.
  double variance_of(const Eigen::VectorXd& weights, double scale) const;
  double value(int column) const { return fit.value[column]; }
  double variance(int column) const { return fit.covariance(column, column); }
};

/// `total` as FineFit::total(). The covariance is left out where it is not wanted.
GroupedSolution solve_grouped(const ColumnLayout& layout, const Eigen::MatrixXd& total,
                              const LoadPieces& load, const Grouping& grouping,
                              Wanted wanted = Wanted::kCovariance);

/// With the products at fixed timing along.
GroupedSolution solve_grouped(const FineFit& fit, const LoadPieces& load, const Grouping& grouping);

/// The weight (inverse variance) that the data would give to the mean power of the layers with
/// these columns if all other layers were known: idle, drift and the filter's first state are still
/// unknown, timing is taken as known. Its product with the variance is the variance inflation.
double own_weight(const ColumnLayout& layout, const GroupedSolution& solution,
                  const std::vector<int>& columns);

}  // namespace layerwatt
