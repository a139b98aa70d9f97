#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace layerwatt {

/// Random numbers that are the same on every machine for the same seed: std::mt19937_64 is fixed by
/// the C++ standard, the distributions of <random> are not, so they are written out here in
/// integer and basic floating-point arithmetic.
class Random {
 public:
  /// `stream` separates independent uses of one seed ("noise", "reader"), so that drawing more
  /// numbers for one does not change the other.
  explicit Random(std::uint64_t seed, std::string_view stream = {});

  std::uint64_t bits() { return engine_(); }
  /// In [0, 1), 53 bits.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  /// In [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// In [0, count), unbiased. Precondition: count > 0.
  std::uint64_t below(std::uint64_t count);
  /// Mean 0, standard deviation 1: the sum of twelve 16-bit uniform numbers, exact in integers;
  /// never beyond ±6, kurtosis 2.9.
  double gaussian();

  /// A random order of `values` (Fisher and Yates).
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t i = values.size(); i > 1; --i) {
      std::swap(values[i - 1], values[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace layerwatt
