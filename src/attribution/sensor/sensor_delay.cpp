#include "attribution/sensor/sensor_delay.h"

#include <algorithm>

#include "layerwatt/core/time.h"

#include "attribution/sensor/sensor_candidates.h"

namespace layerwatt {
namespace {

/// From one value of the register to the next; 0 where nothing is known of it.
double value_period(const SensorModel& sensor) {
  if (!sensor.period) return 0.0;
  const bool is_block = sensor.averaging == Averaging::kBlock && sensor.average_count;
  return to_seconds(*sensor.period) * (is_block ? *sensor.average_count : 1);
}

}  // namespace

double mean_delay(const SensorModel& sensor) {
  const double period = value_period(sensor);
  const double window = sensor.averaging == Averaging::kBlock ? period
                        : sensor.conversion_window ? to_seconds(*sensor.conversion_window)
                                                   : 0.0;
  return 0.5 * (period + window);
}

double longest_delay(const SensorModel& sensor) {
  // A filter shows a twentieth of the load by then; a value is renewed, and its reads lag one.
  constexpr double kTimeConstants = 3.0;
  constexpr double kValues = 2.0;
  return std::max(kTimeConstants * filter_seconds(sensor), kValues * value_period(sensor));
}

}  // namespace layerwatt
