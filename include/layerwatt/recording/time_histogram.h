#pragma once

#include <array>
#include <cstdint>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// Counts durations in bins whose width is at most 1/16 of their value, from 0 to 2^47 ns (39 h).
/// Of fixed size, so that the recorder's loop can fill it without allocating.
class TimeHistogram {
 public:
  /// Negative durations count as 0.
  void add(Duration d) noexcept;

  std::int64_t count() const { return count_; }
  Duration max() const { return max_; }
  /// The smallest upper edge of a bin below which at least `share` (0 to 1) of the durations lie,
  /// never above max(). 0 for an empty histogram.
  Duration percentile(double share) const;

 private:
  static constexpr int kSubBits = 4;
  static constexpr int kSubBins = 1 << kSubBits;
  static constexpr int kOctaves = 47 - kSubBits;
  static constexpr int kBins = (kOctaves + 1) * kSubBins;

  static int bin_of(std::uint64_t ns) noexcept;
  static std::uint64_t upper_edge(int bin);

  std::array<std::int64_t, kBins> bins_{};
  std::int64_t count_ = 0;
  Duration max_{0};
};

}  // namespace layerwatt
