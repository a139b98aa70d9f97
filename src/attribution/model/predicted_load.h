#pragma once

#include <cstddef>
#include <optional>
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

/// What a conversion shows over a long recording: made for some minutes at a time, as it is asked
/// for, else half an hour takes 300 MB.
class PredictedStretches {
 public:
  /// As PredictedLoad; load and powers are kept by reference.
  PredictedStretches(const LoadPieces& load, const SensorKernel& kernel,
                     std::span<const double> watts, double idle, double begin, double end)
      : load_(load), kernel_(kernel), watts_(watts), idle_(idle), begin_(begin), end_(end) {}

  /// Holds at least [from, to], and is valid until the next call.
  const PredictedLoad& over(double from, double to);

 private:
  const LoadPieces& load_;
  SensorKernel kernel_;
  std::span<const double> watts_;
  double idle_;
  double begin_;
  double end_;
  std::optional<PredictedLoad> now_;
  double from_ = 0.0;
  double to_ = 0.0;
};

}  // namespace layerwatt
