#pragma once

#include <string>
#include <string_view>

namespace layerwatt {

/// What is checked before anything is computed from readings; each has a file of its own here.
enum class RecordingCheck {
  kUnits,      ///< readings are of another unit than the files say (V and A, µV and µA)
  kStuck,      ///< the register stood still while the load changed
  kZero,       ///< readings of nothing among others
  kNegative,   ///< power flows backwards
  kSpikes,     ///< single readings far from all others
  kGap,        ///< no readings for a while
  kClockStep,  ///< a clock was set within the recording
  kClocks,     ///< samples and stamps are of clocks that differ
  kCoverage,   ///< part of what ran has no readings: they begin late or end early
  kPasses,     ///< passes overlap in time
  kStamps,     ///< many readings have the same stamp: it is of a coarse clock
  kSensor,     ///< the sensor is another than the one that was declared
};

/// As users read it: "clock-step".
std::string_view to_string(RecordingCheck check);

/// One check that found something, in one sentence.
struct CheckFinding {
  RecordingCheck check = RecordingCheck::kUnits;
  std::string sentence;
};

}  // namespace layerwatt
