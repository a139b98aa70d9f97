#include "recording/sampling/pacer.h"

namespace layerwatt {

Pacer::Tick Pacer::begin(Instant now) noexcept {
  if (period_ <= Duration(0)) {
    deadline_ = now;
    return {next_++, Duration(0), 0};
  }
  const Duration behind = now - deadline_;
  const auto lost = static_cast<std::uint32_t>(behind / period_);
  const Tick tick{next_ + lost, behind % period_, lost};
  next_ = tick.number + 1;
  deadline_ += period_ * (static_cast<Duration::rep>(lost) + 1);
  return tick;
}

std::uint32_t Pacer::missed_before(Instant end) const noexcept {
  if (period_ <= Duration(0) || deadline_ >= end) return 0;
  // Deadlines in [deadline_, end).
  return static_cast<std::uint32_t>((end - deadline_ - Duration(1)) / period_) + 1;
}

}  // namespace layerwatt
