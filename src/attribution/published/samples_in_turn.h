#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "layerwatt/core/time.h"

namespace layerwatt {

/// How `window` goes through the samples: executions are asked for in the order of passes and
/// layers, and no sample is looked at twice.
class SamplesInTurn {
 public:
  /// Columns of equal length, kept by reference; instants never fall.
  SamplesInTurn(std::span<const Instant> when, std::span<const double> microwatts)
      : when_(when), microwatts_(microwatts) {}

  struct Within {
    /// Mean of the samples, absent without one.
    std::optional<double> microwatts;
    std::int64_t samples = 0;
  };
  /// In the execution of `milliseconds` (rounded to whole microseconds, half to even, as Python's
  /// timedelta does) that ended at `end`.
  Within take(double milliseconds, Instant end);

 private:
  std::span<const Instant> when_;
  std::span<const double> microwatts_;
  std::size_t next_ = 0;
};

}  // namespace layerwatt
