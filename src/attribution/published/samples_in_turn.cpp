#include "attribution/published/samples_in_turn.h"

#include <chrono>
#include <cmath>

namespace layerwatt {
namespace {

/// Python's timedelta(milliseconds=ms): whole microseconds, half to even.
Duration python_timedelta(double ms) {
  double whole = 0.0;
  const double fraction = std::modf(ms, &whole);
  // Apart, as Python does, so that the product of the fraction alone is rounded.
  const double microseconds = whole * 1000.0 + std::nearbyint(fraction * 1000.0);
  return std::chrono::microseconds(static_cast<std::int64_t>(microseconds));
}

}  // namespace

SamplesInTurn::Within SamplesInTurn::take(double milliseconds, Instant end) {
  const Instant start = end - python_timedelta(milliseconds);
  while (next_ < when_.size() && when_[next_] < start) ++next_;
  Within within;
  double sum = 0.0;
  while (next_ < when_.size() && when_[next_] <= end) {
    sum += microwatts_[next_++];
    ++within.samples;
  }
  if (within.samples > 0) within.microwatts = sum / static_cast<double>(within.samples);
  return within;
}

}  // namespace layerwatt
