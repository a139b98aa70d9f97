#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "layerwatt/core/power_trace.h"

#include "attribution/model/busy_time.h"

namespace layerwatt {

/// What is checked before anything is computed from readings.
enum class RecordingCheck {
  kUnits,      ///< readings are of another unit than the files say (V and A, µV and µA)
  kStuck,      ///< the register stood still while the load changed
  kZero,       ///< readings of nothing among others
  kNegative,   ///< power flows backwards
  kSpikes,     ///< single readings far from all others
  kGap,        ///< no readings for a while
  kClockStep,  ///< a clock was set within the recording
  kClocks,     ///< samples and stamps are of clocks that differ
};

std::string_view to_string(RecordingCheck check);

/// One check that found something, in one sentence.
struct Finding {
  RecordingCheck check = RecordingCheck::kUnits;
  std::string sentence;
};

struct CheckedReadings {
  /// Without the readings that cannot be right.
  PowerTrace trace;
  std::vector<Finding> findings;
  /// Nothing can be known from these readings: the finding that says so; empty otherwise.
  std::string refusal;
  /// Parts of the trace that were left out because the register stood still, seconds from the
  /// load's origin.
  std::vector<Stretch> stuck;
};

/// Why readings say nothing of what ran, before anything else is looked at: all of them are exactly
/// 0, or most are negative; empty where neither is. In a sentence without its end.
std::string refuse_no_power(const PowerTrace& trace);

/// Looks at the readings of one rail, energy counters excepted, with the load's busy stretches and
/// the idle power that was measured apart. Linear in readings.
CheckedReadings check_readings(const PowerTrace& trace, std::span<const Stretch> busy,
                               Instant origin, std::optional<Watts> idle_apart);

}  // namespace layerwatt
