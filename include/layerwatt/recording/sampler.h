#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/cancellation.h"
#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/records.h"
#include "layerwatt/recording/time_histogram.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {

/// The clock that the sampler lives by.
class SamplerClock {
 public:
  virtual ~SamplerClock() = default;
  virtual Instant now() noexcept = 0;
  /// Returns at `deadline`, or earlier where a signal arrives.
  virtual void sleep_until(Instant deadline) noexcept = 0;
};

/// CLOCK_MONOTONIC and clock_nanosleep to an absolute time.
class SystemSamplerClock final : public SamplerClock {
 public:
  Instant now() noexcept override { return MonotonicClock::now(); }
  void sleep_until(Instant deadline) noexcept override;
};

/// A moment at which the rails are read.
struct SamplerTick {
  /// From 0; a gap is lost ticks.
  std::uint32_t number = 0;
  /// How long after its deadline it began, and whether that counts as late.
  Duration lateness{0};
  bool is_late = false;
  /// Ticks right before this one that were not read at all.
  std::uint32_t lost = 0;
};

/// Where records go. append() must not allocate nor touch a disk as a rule; flush() may block.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// Before the rails are read. As append(): no allocation, no disk.
  virtual void begin_tick(const SamplerTick& /*tick*/) noexcept {}
  virtual Result<void> append(const PowerRecord& record) = 0;
  virtual Result<void> flush() = 0;
};

struct SamplerOptions {
  /// Of the ticks. 0: each follows the last at once.
  Duration period{0};
  /// At most this much is lost when the process is killed.
  Duration flush_every = std::chrono::milliseconds(250);
  /// No tick at or after this moment.
  std::optional<Instant> end;
  /// Asked after each flush; false ends the recording (the process that wanted it is gone).
  std::function<bool()> still_wanted;
};

enum class SamplerEnd {
  kStopped,      ///< cancelled
  kReachedEnd,   ///< SamplerOptions::end
  kUnwanted,     ///< still_wanted() said no
  kAllGone,      ///< no rail is left
  kCannotWrite,  ///< the sink failed; SamplerReport::error says how
};

std::string_view to_string(SamplerEnd end);

/// What became of the reads of one rail.
struct RailTally {
  std::int64_t readings = 0;
  std::int64_t try_again = 0;
  std::int64_t disabled = 0;
  std::int64_t garbage = 0;
  /// When the rail vanished.
  std::optional<Instant> gone;
  friend bool operator==(const RailTally&, const RailTally&) = default;
};

struct SamplerReport {
  SamplerEnd end = SamplerEnd::kStopped;
  std::optional<Error> error;
  Instant begin;
  Instant finish;
  /// Ticks that were read, those among them that began late, and those that were not read at all.
  std::int64_t ticks = 0;
  std::int64_t late_ticks = 0;
  std::int64_t lost_ticks = 0;
  TimeHistogram lateness;
  /// Of one rail.
  TimeHistogram read_time;
  TimeHistogram flush_time;
  /// In the order of the rails of all sensors.
  std::vector<RailTally> rails;
};

/// Reads every rail of `sensors` at every tick until something ends it, and hands the readings to
/// `sink`. Rails are numbered across sensors, in order. Between the first tick and the end it
/// neither allocates nor formats nor logs.
///
/// A rail that is busy (kTryAgain) or shows no number (kGarbage) has a record with that status and
/// goes on; one that is switched off (kDisabled) has one such record until it is switched on again;
/// one that vanished (kGone) has a last record with that status.
SamplerReport sample(std::vector<std::unique_ptr<Sensor>>& sensors, SamplerClock& clock,
                     RecordSink& sink, const SamplerOptions& options, const Cancellation& stop);

}  // namespace layerwatt
