#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt {

/// By how much the load of a pass comes early or late against its stamps.
struct PassJitter {
  /// Standard deviation at the pass's end, seconds.
  double shared = 0.0;
  /// Variance that it gains per second towards the pass's begin, as a random walk: layers of which
  /// only the run times are known stand apart by pauses that vary.
  double walk = 0.0;

  double variance(double before_end) const { return shared * shared + walk * before_end; }
};

/// Rows of one pass with noise of their own and an error of timing that they share, by and large.
/// Turns them into rows with independent noise of variance one.
class PassRows {
 public:
  explicit PassRows(std::size_t columns) : columns_(columns) {}

  /// A row with `variance` of its own noise, whose reading changes by `slope` with a shift in time,
  /// `before_end` seconds before the end of the pass.
  void add(double time, std::span<const double> row, double variance, double slope,
           double before_end);
  /// Gives the whitened rows to `take(time, row)`, and begins a new pass.
  template <class Take>
  void flush(const PassJitter& jitter, const Take& take) {
    if (jitter.walk > 0.0) {
      whiten(jitter);
    } else {
      share_jitter(jitter.shared);
    }
    for (std::size_t i = 0; i < time_.size(); ++i) {
      take(time_[i], std::span(rows_).subspan(i * columns_, columns_));
    }
    time_.clear();
    rows_.clear();
    slope_.clear();
    before_end_.clear();
  }

 private:
  void share_jitter(double jitter);
  void whiten(const PassJitter& jitter);

  std::size_t columns_;
  std::vector<double> time_;
  /// Row by row, in units of the noise.
  std::vector<double> rows_;
  std::vector<double> slope_;
  std::vector<double> before_end_;
  /// Rows of a lower triangle.
  std::vector<double> factor_;
};

}  // namespace layerwatt
