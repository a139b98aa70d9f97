#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <span>

namespace layerwatt {

/// What all that runs draws more or less by than on average over the run, relative, as it heats up:
/// a broken line over the run whose mean is 0. That a hotter chip draws more at equal work
/// (leakage) is known; that all layers do by the same part is an assumption.
class CommonGain {
 public:
  /// From the first execution to the last, seconds.
  CommonGain(double begin, double end);
  /// Knots of the line; 0 for runs too short to tell.
  std::size_t size() const { return knots_; }
  /// Parts of the knots at `time`; before the run and behind it those of its ends.
  void fill(double time, std::span<double> out) const;
  /// What is known of the knots beforehand, as products without the reading: their mean is 0, and
  /// they walk at random by `rate` per root of a second.
  Eigen::MatrixXd prior(double rate) const;
  /// Logarithm of the prior's determinant, up to what all rates share.
  double log_determinant(double rate) const;

 private:
  double begin_;
  double spacing_ = 1.0;
  std::size_t knots_ = 0;
};

}  // namespace layerwatt
