#include "attribution/checks/interludes.h"

#include <algorithm>
#include <vector>

#include "layerwatt/core/power_chips.h"

#include "attribution/checks/checked_readings.h"
#include "attribution/sensor/sensor_candidates.h"
#include "attribution/sensor/sensor_delay.h"

namespace layerwatt {
namespace {

/// Then a filter shows 0.25 % of what was before. At 0.7 %, after five, idle power came out too
/// high by as much, and all layers by 0.3 % too low (benchmarks/accuracy, engines-512).
constexpr double kTimeConstants = 6.0;

Duration memory_of(const SensorModel& sensor) {
  const bool is_declared = sensor.period || sensor.average_count;
  const double filter = is_declared ? filter_seconds(sensor) : to_seconds(ina3221::kStockInterval);
  return from_seconds(std::max(kTimeConstants * filter, longest_delay(sensor)));
}

}  // namespace

PowerTrace without_interludes(PowerTrace trace, const Timeline& timeline,
                              const SensorModel& sensor) {
  if (timeline.interludes.empty()) return trace;
  const Duration memory = memory_of(sensor);
  std::vector<std::size_t> left_out;
  auto interlude = timeline.interludes.begin();
  for (std::size_t k = 0; k < trace.size(); ++k) {
    while (interlude != timeline.interludes.end() && trace.before[k] >= interlude->end + memory) {
      ++interlude;
    }
    if (interlude == timeline.interludes.end()) break;
    // A read shows the register at some moment of its own.
    if (trace.after[k] > interlude->start) left_out.push_back(k);
  }
  return without(trace, left_out);
}

}  // namespace layerwatt
