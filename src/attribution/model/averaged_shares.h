#pragma once

#include <span>
#include <vector>

#include "attribution/model/design_matrix.h"

namespace layerwatt {

/// What an exponential average of conversions holds of each column, summed over readings. All
/// columns decay alike, so a conversion costs only the columns that it touches, and a sum, however
/// many readings it has, one pass over all.
class AveragedShares {
 public:
  /// `memory`: what a conversion leaves of the averaged value, 1 − 1/count for an average of
  /// `count` conversions; inside [0, 1).
  AveragedShares(int columns, double memory)
      : memory_(memory),
        level_(static_cast<std::size_t>(columns), 0.0),
        late_(level_.size(), 0.0) {}

  /// The next conversion.
  void step(const DesignRow& row) {
    scale_ *= memory_;
    if (scale_ < kLeastScale) fold_scale();
    const double gained = (1.0 - memory_) / scale_;
    for (const int column : row.touched) {
      const auto c = static_cast<std::size_t>(column);
      const double more = gained * row.shares[c];
      level_[c] += more;
      late_[c] += more * weight_;
    }
  }
  /// The average as it is now is one term of the sum.
  void count_reading() { weight_ += scale_; }
  /// Adds the sum to `out`, one number a column, and begins the next. To be called at the sum's
  /// last reading: whatever the average has gained since is taken away again, rounded.
  void take_sum(std::span<double> out) {
    for (std::size_t c = 0; c < level_.size(); ++c) {
      out[c] += level_[c] * weight_ - late_[c];
      late_[c] = 0.0;
    }
    weight_ = 0.0;
  }

 private:
  /// Far above the least double, 2e-308, also when divided into sums as large as 1e200.
  static constexpr double kLeastScale = 1e-80;

  void fold_scale() {
    for (double& level : level_) level *= scale_;
    // What came late into the present sum is level × weight, which stays as it is.
    weight_ /= scale_;
    scale_ = 1.0;
  }

  double memory_;
  /// Averages are level_ × scale_.
  std::vector<double> level_;
  double scale_ = 1.0;
  /// Sum of the scales of the readings in the sum.
  double weight_ = 0.0;
  /// What of level_ × weight_ is of readings before it was there.
  std::vector<double> late_;
};

}  // namespace layerwatt
