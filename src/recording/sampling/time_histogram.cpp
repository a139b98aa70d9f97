#include "layerwatt/recording/time_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace layerwatt {

// Values below 2 * kSubBins have a bin each. Above, each octave is cut into kSubBins equal bins.
int TimeHistogram::bin_of(std::uint64_t ns) noexcept {
  if (ns < kSubBins) return static_cast<int>(ns);
  const int octave = static_cast<int>(std::bit_width(ns)) - 1 - kSubBits;
  const int sub = static_cast<int>((ns >> octave) & (kSubBins - 1));
  return std::min((octave + 1) * kSubBins + sub, kBins - 1);
}

std::uint64_t TimeHistogram::upper_edge(int bin) {
  if (bin < kSubBins) return static_cast<std::uint64_t>(bin);
  const int octave = bin / kSubBins - 1;
  const auto sub = static_cast<std::uint64_t>(bin % kSubBins);
  return ((kSubBins + sub + 1) << octave) - 1;
}

void TimeHistogram::add(Duration d) noexcept {
  const Duration positive = std::max(d, Duration(0));
  ++bins_[static_cast<std::size_t>(bin_of(static_cast<std::uint64_t>(positive.count())))];
  ++count_;
  max_ = std::max(max_, positive);
}

Duration TimeHistogram::percentile(double share) const {
  if (count_ == 0) return Duration(0);
  const auto wanted = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(share * static_cast<double>(count_))));
  std::int64_t below = 0;
  for (int bin = 0; bin < kBins; ++bin) {
    below += bins_[static_cast<std::size_t>(bin)];
    if (below >= wanted) {
      return std::min(max_, Duration(static_cast<Duration::rep>(upper_edge(bin))));
    }
  }
  return max_;
}

}  // namespace layerwatt
