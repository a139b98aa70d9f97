#pragma once

#include <Eigen/Dense>
#include <limits>
#include <span>

#include "attribution/fit/linear_system.h"

namespace layerwatt {

/// Rows of a linear model, the reading as the last column, whose noise is to be found. Kept by
/// reference.
struct NoisyRows {
  const RowMatrix& rows;
  /// Seconds, rising.
  std::span<const double> time;
  /// How many readings with white noise of their own each row is the mean of; empty: one each.
  std::span<const double> weight;
  /// How much of the filtered noise each has, relative; empty: all alike.
  std::span<const double> filtered = {};
};

struct NoiseFit {
  NoiseModel noise;
  /// Minus twice the logarithm of its restricted likelihood.
  double value = std::numeric_limits<double>::infinity();
};

/// kFound: of each noise its parts' proportions alone are taken, and its scale is found along;
/// kGiven: where the noise of rows' own is known, as by the steps of a register.
enum class NoiseScale { kFound, kGiven };

/// The likeliest of several noises.
NoiseFit likeliest_noise(const NoisyRows& rows, std::span<const NoiseModel> tried,
                         NoiseScale scale = NoiseScale::kFound);

}  // namespace layerwatt
