#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "attribution/model/pass_rows.h"
#include "attribution/model/rounding.h"

namespace layerwatt {

/// Splits residuals into noise that all rows have and what comes from timing that jitters, which
/// counts where the load has an edge in the conversion's window.
class ResidualNoise {
 public:
  /// `slope`: change of the expected reading with a shift in time, W/s. `before_end`: seconds from
  /// the row to the end of its pass.
  void add(double residual, double slope, double before_end) {
    residual_.push_back(std::abs(residual));
    slope_.push_back(std::abs(slope));
    before_end_.push_back(before_end);
  }
  std::size_t size() const { return residual_.size(); }

  /// Standard deviation of the rows without edges, by their median absolute deviation.
  double noise() const {
    std::vector<double> slopes = slope_;
    const double flat = median(slopes);
    std::vector<double> residuals;
    for (std::size_t i = 0; i < residual_.size(); ++i) {
      if (slope_[i] <= flat) residuals.push_back(residual_[i]);
    }
    return residuals.empty() ? 0.0 : kDeviationOfMedian * median(residuals);
  }

  /// Noise before rounding to `step`, of the rows without edges.
  double before_rounding(double step) const {
    std::vector<double> slopes = slope_;
    const double flat = median(slopes);
    std::vector<double> residuals;
    for (std::size_t i = 0; i < residual_.size(); ++i) {
      if (slope_[i] <= flat) residuals.push_back(residual_[i]);
    }
    return noise_before_rounding(residuals, step);
  }

  /// Standard deviation of the timing, seconds.
  double jitter(double noise) const {
    double sum = 0.0;
    double weight = 0.0;
    for (std::size_t i = 0; i < residual_.size(); ++i) {
      const double s = slope_[i] * slope_[i];
      const double r = std::min(residual_[i], kCut * std::hypot(noise, kCutSeconds * slope_[i]));
      sum += s * (r * r - noise * noise);
      weight += s * s;
    }
    return weight > 0.0 ? std::sqrt(std::max(0.0, sum / weight)) : 0.0;
  }

  /// The same where it grows towards the begin of each pass.
  PassJitter growing_jitter(double noise) const {
    double s4 = 0.0;
    double s4t = 0.0;
    double s4tt = 0.0;
    double right = 0.0;
    double right_t = 0.0;
    for (std::size_t i = 0; i < residual_.size(); ++i) {
      const double s = slope_[i] * slope_[i];
      const double t = before_end_[i];
      const double r = std::min(residual_[i], kCut * std::hypot(noise, kCutSeconds * slope_[i]));
      const double excess = s * (r * r - noise * noise);
      s4 += s * s;
      s4t += s * s * t;
      s4tt += s * s * t * t;
      right += excess;
      right_t += excess * t;
    }
    const double determinant = s4 * s4tt - s4t * s4t;
    if (determinant > 1e-9 * s4 * s4tt) {
      const double at_end = (s4tt * right - s4t * right_t) / determinant;
      const double walk = (s4 * right_t - s4t * right) / determinant;
      if (at_end >= 0.0 && walk >= 0.0) return {std::sqrt(at_end), walk};
      if (walk > 0.0) return {0.0, std::max(0.0, right_t / s4tt)};
    }
    return {jitter(noise), 0.0};
  }

 private:
  /// Of normal noise, its standard deviation over the median of its absolute value: 1/Φ⁻¹(3/4).
  static constexpr double kDeviationOfMedian = 1.4826;
  /// Normal noise goes beyond this many deviations once in 16,000 readings; what does is an
  /// outlier, and weighs no more than this.
  static constexpr double kCut = 4.0;
  /// Stamps are taken to be off by no less than this for the cut, so that edges are no outliers
  /// before their jitter is known; callbacks jitter by some 11 µs (docs/attribution.md).
  static constexpr double kCutSeconds = 15e-6;

  static double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  }

  std::vector<double> residual_;
  std::vector<double> slope_;
  std::vector<double> before_end_;
};

}  // namespace layerwatt
