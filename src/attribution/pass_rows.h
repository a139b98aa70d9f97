#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt {

/// Rows of one pass with noise of their own and one error of timing that they share: the pass's
/// stamps are all early or late by as much. Turns them into rows with independent noise of variance
/// one.
class PassRows {
 public:
  explicit PassRows(std::size_t columns) : columns_(columns) {}

  /// A row with `variance` of its own noise, whose reading changes by `slope` with a shift in time.
  void add(double time, std::span<const double> row, double variance, double slope);
  /// Gives the whitened rows to `take(time, row)`, and begins a new pass.
  template <class Take>
  void flush(double jitter, const Take& take) {
    share_jitter(jitter);
    for (std::size_t i = 0; i < time_.size(); ++i) {
      take(time_[i], std::span(rows_).subspan(i * columns_, columns_));
    }
    time_.clear();
    rows_.clear();
    slope_.clear();
  }

 private:
  void share_jitter(double jitter);

  std::size_t columns_;
  std::vector<double> time_;
  /// Row by row, in units of the noise.
  std::vector<double> rows_;
  std::vector<double> slope_;
};

}  // namespace layerwatt
