#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/recording/sampler.h"

#include "monitor/board/board_reading.h"
#include "monitor/energy/handover.h"
#include "monitor/energy/rail_meter.h"

namespace layerwatt {

/// How long the machine has slept since it began (CLOCK_BOOTTIME − CLOCK_MONOTONIC); nullopt where
/// the two could not be read close enough together.
std::optional<Duration> time_asleep();

/// Where the sampler's records go while a board is monitored: into one meter a rail, whose newest
/// reading any thread may take at any time. Outlives several runs of the sampler, which number
/// their rails differently. Nothing in append() and begin_tick() allocates, waits or calls the
/// system.
class LiveSink final : public RecordSink {
 public:
  /// `asleep` as time_asleep(); an argument for tests.
  LiveSink(const std::vector<Rail>& rails, Duration period, Instant begin,
           std::function<std::optional<Duration>()> asleep);

  /// Before a run of the sampler: `places[i]` is the rail of this sink that the sampler's rail i
  /// is.
  void expect(std::vector<std::size_t> places);
  // Before the first run, to go on from what an earlier monitor counted.
  void resume(std::size_t rail, const RailReading& counted);
  void resume(const SamplerTally& counted);
  /// The sensor of the rail has been opened anew.
  void reopened(std::size_t rail);

  void begin_tick(const SamplerTick& tick) noexcept override;
  Result<void> append(const PowerRecord& record) override;
  Result<void> flush() override { return {}; }

  // From any thread.
  std::size_t size() const { return readings_.size(); }
  RailReading reading(std::size_t rail) const { return readings_[rail]->read(); }
  SamplerTally tally() const { return published_tally_.read(); }

 private:
  std::vector<RailMeter> meters_;
  std::vector<std::unique_ptr<Handover<RailReading>>> readings_;
  std::vector<std::size_t> places_;
  std::function<std::optional<Duration>()> asleep_;
  std::optional<Duration> asleep_before_;
  SamplerTally tally_;
  Handover<SamplerTally> published_tally_;
};

}  // namespace layerwatt
