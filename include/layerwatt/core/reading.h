#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What became of one read of one rail; the numbers are those of power.npy.
enum class ReadStatus : std::int16_t {
  kOk = 0,
  kTryAgain =
      1,  ///< the device was busy (EAGAIN, EINTR, time-out); the tick is lost, the rail is not
  kDisabled = 2,  ///< the channel is switched off (ENODATA): a state, not an error
  kGone = 3,      ///< the device answered EIO, ENODEV or ENOENT: its rails will not come back
  kGarbage = 4,   ///< the file did not hold a number, or one that is no reading (plausible.h)
};

/// "The rail has no such value", in the whole numbers of a reading.
inline constexpr std::int64_t kNoValue64 = INT64_MIN;
inline constexpr std::int32_t kNoValue32 = INT32_MIN;

/// One reading of one rail, as a sensor gives it and power.npy keeps it: whole micro-units, so that
/// nothing is rounded on the way.
struct Reading {
  /// Just before and just after the read. Of a rail with voltage and current: of the current's,
  /// which follows the voltage's, because that is the one that follows the load.
  Instant before;
  Instant after;
  std::int64_t power_uw = kNoValue64;
  /// Since some moment.
  std::int64_t energy_uj = kNoValue64;
  /// Repeats the last voltage read where OpenOptions::voltage_max_age allows that.
  std::int32_t voltage_uv = kNoValue32;
  std::int32_t current_ua = kNoValue32;
  ReadStatus status = ReadStatus::kOk;
};

/// Watts, or volts times amperes where the rail gives these alone; absent for energy counters and
/// failed readings.
std::optional<Watts> power_of(const Reading& reading);

/// Makes a trace of the readings of one rail, in order.
class TraceBuilder {
 public:
  explicit TraceBuilder(const Rail& rail) { trace_.rail = rail; }

  /// False for a reading that failed, lacks what the rail needs or is beyond all power; it is left
  /// out. Energy counters are unwrapped by Rail::counter_range and counted from the first reading.
  bool add(const Reading& reading);
  PowerTrace take() { return std::move(trace_); }

 private:
  bool is_plausible_step(const Reading& reading) const;
  Joules unwrapped(std::int64_t now);
  PowerTrace trace_;
  std::optional<std::int64_t> last_energy_;
  std::int64_t energy_ = 0;
};

/// The trace of all of them; readings that failed are left out.
PowerTrace trace_of(const Rail& rail, std::span<const Reading> readings);

}  // namespace layerwatt
