#include "attribution/sensor/settled_sensor.h"

#include <fmt/format.h>

#include <algorithm>

#include "attribution/sensor/declared_sensor_check.h"
#include "attribution/sensor/sensor_candidates.h"

namespace layerwatt {

SettledSensor settle_sensor(const FittedRecording& recording, const LoadPieces& load,
                            const SensorModel& declared, bool may_try_clocks,
                            std::vector<CheckFinding>& findings) {
  SettledSensor settled;
  settled.sensor.model = declared;
  settled.sensor.memory = filter_seconds(declared);
  if (declared.period || declared.average_count) {
    const Timeline& timeline = *recording.timeline;
    const bool is_steady = timeline.schedule == Schedule::kIsolated || runs_engine_blocks(timeline);
    const auto against = contradicts_declared(
        {recording.trace, &load, timeline.schedule == Schedule::kWhole, !is_steady, declared});
    if (!against) return settled;
    findings.push_back(
        {RecordingCheck::kSensor,
         fmt::format("The recording contradicts the settings that were declared for its sensor "
                     "({}): {}. What the recording says was taken.",
                     sensor_in_words(declared), *against)});
  }
  settled.sensor = identify_sensor_of(recording, load, may_try_clocks);
  settled.sensor.model.lsb = declared.lsb;
  settled.is_found = true;
  return settled;
}

std::string found_in_words(const SensorFinding& finding) {
  std::string text = fmt::format("Found from the recording: {} ({:.0f} % sure", finding.found,
                                 100.0 * std::min(finding.certainty, 0.99));
  // Words for a person: what nobody would act upon is alike, or far less.
  constexpr double kAlike = 1.5;
  constexpr double kFarLess = 1000.0;
  if (finding.next_best.empty()) return text + ").";
  if (finding.times_less_likely < kAlike) {
    text += fmt::format("; about as likely: {}", finding.next_best);
  } else if (finding.times_less_likely > kFarLess) {
    text += fmt::format("; next best, over 1,000 times less likely: {}", finding.next_best);
  } else {
    text += fmt::format("; next best, {:.2g} times less likely: {}", finding.times_less_likely,
                        finding.next_best);
  }
  return text + ").";
}

}  // namespace layerwatt
