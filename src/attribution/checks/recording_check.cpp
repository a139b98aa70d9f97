#include "attribution/checks/recording_check.h"

#include <cstdlib>

namespace layerwatt {

std::string_view to_string(RecordingCheck check) {
  switch (check) {
    case RecordingCheck::kUnits:
      return "units";
    case RecordingCheck::kStuck:
      return "stuck";
    case RecordingCheck::kZero:
      return "zero";
    case RecordingCheck::kNegative:
      return "negative";
    case RecordingCheck::kSpikes:
      return "spikes";
    case RecordingCheck::kGap:
      return "gap";
    case RecordingCheck::kClockStep:
      return "clock-step";
    case RecordingCheck::kClocks:
      return "clocks";
    case RecordingCheck::kCoverage:
      return "coverage";
    case RecordingCheck::kPasses:
      return "passes";
    case RecordingCheck::kStamps:
      return "stamps";
    case RecordingCheck::kSensor:
      return "sensor";
  }
  std::abort();
}

}  // namespace layerwatt
