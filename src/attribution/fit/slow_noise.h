#pragma once

#include <cstddef>

#include "attribution/fit/noise_search.h"

namespace layerwatt {

/// Looks for the noise of readings behind an averaging filter: what each has of its own, what the
/// filter carries on, and drift, one after the other on grids, uphill from where it was last.
class SlowNoiseSearch {
 public:
  /// Rows whose own noise is known: `white` over their weight.
  NoiseModel of_known(const NoisyRows& rows, double time_constant, double white);
  /// Rows of which only the ratios of the noise's parts are looked for, and their scale along.
  NoiseModel of_ratios(const NoisyRows& rows, double time_constant);

 private:
  NoiseModel search(const NoisyRows& rows, double time_constant, double white, NoiseScale scale);

  /// Places on the grids, at first where they usually are.
  std::size_t filtered_ = 5;
  std::size_t drift_ = 4;
};

}  // namespace layerwatt
