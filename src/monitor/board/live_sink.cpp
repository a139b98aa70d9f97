#include "monitor/board/live_sink.h"

#include <time.h>

#include <utility>

namespace layerwatt {
namespace {

/// What two readings of two clocks may differ by without a sleep.
constexpr Duration kClockNoise = std::chrono::milliseconds(100);

}  // namespace

std::optional<Duration> time_asleep() {
  constexpr Duration kCloseEnough = std::chrono::milliseconds(1);
  const Instant before = MonotonicClock::now();
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  if (MonotonicClock::now() - before > kCloseEnough) return std::nullopt;
  return std::chrono::seconds(boot.tv_sec) + Duration(boot.tv_nsec) - before.time_since_epoch();
}

LiveSink::LiveSink(const std::vector<Rail>& rails, Duration period, Instant begin,
                   std::function<std::optional<Duration>()> asleep)
    : asleep_(std::move(asleep)), published_tally_(tally_) {
  for (const Rail& rail : rails) {
    meters_.emplace_back(rail, longest_gap_of(rail, period), begin);
    readings_.push_back(std::make_unique<Handover<RailReading>>(RailReading()));
  }
}

void LiveSink::expect(std::vector<std::size_t> places) { places_ = std::move(places); }

void LiveSink::resume(std::size_t rail, const RailReading& counted) {
  meters_[rail].resume(counted);
  readings_[rail]->publish(meters_[rail].reading());
}

void LiveSink::resume(const SamplerTally& counted) {
  tally_ = counted;
  published_tally_.publish(tally_);
}

void LiveSink::reopened(std::size_t rail) { meters_[rail].reopened(); }

void LiveSink::begin_tick(const SamplerTick& tick) noexcept {
  ++tally_.ticks;
  tally_.lost += tick.lost;
  if (tick.is_late) ++tally_.late;
  tally_.lateness = tick.lateness;
  published_tally_.publish(tally_);
  const std::optional<Duration> asleep = asleep_();
  if (!asleep) return;
  if (asleep_before_ && *asleep - *asleep_before_ > kClockNoise) {
    for (RailMeter& meter : meters_) meter.slept(*asleep - *asleep_before_);
  }
  asleep_before_ = asleep;
}

Result<void> LiveSink::append(const PowerRecord& record) {
  const std::size_t rail = places_[static_cast<std::size_t>(record.rail)];
  meters_[rail].take(record);
  readings_[rail]->publish(meters_[rail].reading());
  return {};
}

}  // namespace layerwatt
