#pragma once

#include <algorithm>
#include <optional>

namespace layerwatt {

/// Estimates how fast what the board draws beside the load wanders: the variance that it gains in a
/// second as a random walk, from the means of residuals over neighbouring stretches. Polynomials
/// fitted along take nothing of that away.
class SlowResidual {
 public:
  /// `period`: usual distance of rows, seconds.
  explicit SlowResidual(double period)
      : stretch_(std::max(kStretch, kLeastRows * period)),
        fewest_(std::min(kFewest, kMostlyThere * stretch_ / period)) {}

  /// In order of time; residuals of rows that are `white` in themselves.
  void add(double time, double residual) {
    if (!until_ || time > *until_) finish(time);
    sum_ += residual;
    count_ += 1.0;
  }
  /// W²/s. `white`: variance of a residual's own noise.
  double walk_rate(double white) {
    if (until_) finish(*until_);
    if (pairs_ < kLeastPairs) return 0.0;
    // Means of a walk over neighbouring stretches differ by 2/3 of what it gains in one of them.
    return std::max(0.0, (squares_ - white * expected_) / pairs_) / (2.0 / 3.0 * stretch_);
  }

 private:
  /// Seconds of a stretch: several time constants of the slowest stock filter (0.43 s), so that
  /// means of neighbouring stretches have little in common but the walk.
  static constexpr double kStretch = 2.0;
  /// Rows of a full stretch: their mean is then known to a fifth of one row's noise.
  static constexpr double kFewest = 30.0;
  /// Of a stretch where rows are few: how many it has, and the part of them without which it does
  /// not count.
  static constexpr double kLeastRows = 4.0;
  static constexpr double kMostlyThere = 0.7;
  static constexpr double kLeastPairs = 8.0;

  void finish(double time) {
    const bool full = count_ >= fewest_;
    const double mean = full ? sum_ / count_ : 0.0;
    if (full && last_count_ > 0.0) {
      squares_ += (mean - last_mean_) * (mean - last_mean_);
      expected_ += 1.0 / count_ + 1.0 / last_count_;
      pairs_ += 1.0;
    }
    last_mean_ = mean;
    last_count_ = full ? count_ : 0.0;
    sum_ = count_ = 0.0;
    until_ = time + stretch_;
  }

  double stretch_;
  double fewest_;
  /// Of the present stretch; absent before the first row.
  std::optional<double> until_;
  double sum_ = 0.0;
  double count_ = 0.0;
  double last_mean_ = 0.0;
  double last_count_ = 0.0;
  double squares_ = 0.0;
  double expected_ = 0.0;
  double pairs_ = 0.0;
};

}  // namespace layerwatt
