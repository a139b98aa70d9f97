#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "attribution/model/design_matrix.h"

namespace layerwatt {

/// What conversions, or blocks of a few, would show for given column powers, for any end of them: a
/// fine grid, read by interpolation, so that very many clocks can be tried. 8 bytes per 20 µs.
class PredictedLoad {
 public:
  /// `watts` per column of `load`; `idle` is added. Covers [begin, end].
  PredictedLoad(const LoadPieces& load, const SensorKernel& kernel, std::span<const double> watts,
                double idle, double begin, double end);

  /// Mean power over the conversion that ends at `t`; outside the grid its edge.
  double at(double t) const {
    const double position = (t - begin_) * per_step_;
    if (position <= 0.0) return static_cast<double>(mean_.front());
    const auto i = static_cast<std::size_t>(position);
    if (i + 1 >= mean_.size()) return static_cast<double>(mean_.back());
    const double part = position - static_cast<double>(i);
    return static_cast<double>(mean_[i]) * (1.0 - part) + static_cast<double>(mean_[i + 1]) * part;
  }
  /// Standard deviation of the prediction over the grid.
  double spread() const { return spread_; }

 private:
  double begin_;
  double per_step_;
  double spread_ = 0.0;
  std::vector<float> mean_;

  void average_blocks(const SensorKernel& kernel, std::size_t earlier);
};

}  // namespace layerwatt
