#pragma once

#include <cstdint>
#include <optional>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/time.h"
#include "layerwatt/core/units.h"
#include "layerwatt/dataset/records.h"

#include "monitor/board/board_reading.h"
#include "monitor/energy/energy_integrator.h"

namespace layerwatt {

/// Turns the records of one rail into what is known of it now. Not thread-safe; never allocates.
class RailMeter {
 public:
  /// `longest_gap`: readings further apart are not integrated across. Since `begin` it is measured,
  /// or counted as not measured.
  RailMeter(const Rail& rail, Duration longest_gap, Instant begin);

  void take(const PowerRecord& record) noexcept;
  /// The machine slept for `time`, which the clock of the records does not know of.
  void slept(Duration time) noexcept;
  /// Goes on from what an earlier monitor counted; before the first record.
  void resume(const RailReading& counted) noexcept;
  /// The sensor was opened anew: what a counter shows may have begun again.
  void reopened() noexcept;

  const RailReading& reading() const { return reading_; }

 private:
  /// No board draws as much, so a reading that says so is none: a counter that began again, a
  /// register read halfway.
  static constexpr Watts kMostPower = Watts(10e3);
  /// A counter's power is its mean over this long or a little longer, because counters are renewed
  /// as rarely as every 100 ms.
  static constexpr Duration kCounterWindow = std::chrono::seconds(1);

  void take_power(const PowerRecord& record, Instant when) noexcept;
  void take_counter(std::int64_t energy_uj, Instant when) noexcept;
  void forget_values() noexcept;

  void show_totals() noexcept;

  RailKind kind_;
  Duration longest_gap_;
  Instant begin_;
  EnergyIntegrator integrator_;
  RailReading reading_;
  /// What an earlier monitor counted.
  Joules energy_before_;
  Duration unmeasured_before_{0};
  struct CounterValue {
    Instant when;
    std::int64_t energy_uj;
  };
  std::optional<CounterValue> last_counter_;
  /// The power is the slope since the first of these; the second replaces it once it is old enough.
  std::optional<CounterValue> window_begin_;
  std::optional<CounterValue> window_next_;
  Joules counted_;
  Duration uncounted_{0};
  bool reopened_ = false;
};

/// How far apart two readings of a rail may be for the power between them to be known: ten periods,
/// or as long as its filter remembers.
Duration longest_gap_of(const Rail& rail, Duration period);

}  // namespace layerwatt
