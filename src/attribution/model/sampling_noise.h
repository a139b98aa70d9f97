#pragma once

#include <span>
#include <vector>

#include "attribution/model/load_pieces.h"

namespace layerwatt {

struct SamplingInput {
  const LoadPieces* load = nullptr;
  /// Of each column of the load.
  std::span<const double> watts;
  /// Conversion cycle and window, seconds.
  double period = 0.0;
  double window = 0.0;
  /// Standard deviation of a single conversion, watts.
  double conversion_noise = 0.0;
};

/// Rows of readings: each of one bin of time.
struct BinnedRows {
  double begin = 0.0;
  double bin_length = 0.0;
  /// Time over bin_length, rounded down; rising.
  std::span<const double> number;
};

/// How much noise conversions have in each row, their variance relative to its mean over rows:
/// their own, and that of what they happened to see of the load. The latter is none where the load
/// is steady, as while one layer repeats; it goes with the variance of the load, seen through a
/// conversion's window, about its mean over a cycle. All 1 where a window is as long as the cycle.
std::vector<double> sampling_noise(const SamplingInput& input, const BinnedRows& rows);

}  // namespace layerwatt
