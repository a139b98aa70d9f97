#include "experiment/characterise/step_recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "layerwatt/attribution/conversion_clock.h"
#include "layerwatt/attribution/step_response.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt {
namespace {

/// Part of a phase at its end whose mean is taken as the level it came to.
constexpr double kSettledPart = 0.2;
/// The oscillator may be off by 30 % (SBOS576B §8.4.3).
constexpr double kClockTolerance = 0.3;
/// A register of single conversions follows a step within one period and a read.
constexpr double kAveragedFromPeriods = 2.0;
constexpr std::size_t kLeastRenewals = 10;
constexpr double kRounding = 1e-9;

/// Power of each reading: volts times amperes, watts, or the slope of a counter between renewals.
struct Powers {
  std::vector<Instant> when;
  std::vector<double> watts;

  /// Those within a phase, as seconds from its beginning.
  std::pair<std::vector<double>, std::vector<double>> within(Instant from, Instant to) const {
    std::pair<std::vector<double>, std::vector<double>> part;
    for (std::size_t i = 0; i < when.size(); ++i) {
      if (when[i] < from || when[i] >= to) continue;
      part.first.push_back(to_seconds(when[i] - from));
      part.second.push_back(watts[i]);
    }
    return part;
  }
};

Powers powers_of(const PowerTrace& trace) {
  Powers powers;
  if (trace.rail.kind != RailKind::kEnergyCounter) {
    for (std::size_t i = 0; i < trace.size(); ++i) {
      powers.when.push_back(trace.when(i));
      powers.watts.push_back(trace.power[i].value());
    }
    return powers;
  }
  std::size_t last = 0;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    if (trace.energy[i] == trace.energy[last] || trace.when(i) == trace.when(last)) continue;
    powers.when.push_back(trace.when(i));
    powers.watts.push_back(
        ((trace.energy[i] - trace.energy[last]) / (trace.when(i) - trace.when(last))).value());
    last = i;
  }
  return powers;
}

struct Level {
  double mean = 0.0;
  double deviation = 0.0;
};

/// Of the end of a phase.
Level settled(const std::vector<double>& values) {
  Level level;
  const auto count = static_cast<std::size_t>(static_cast<double>(values.size()) * kSettledPart);
  if (count == 0) return level;
  const std::span<const double> part(values.data() + values.size() - count, count);
  for (const double value : part) level.mean += value / static_cast<double>(count);
  for (const double value : part) {
    level.deviation += (value - level.mean) * (value - level.mean) / static_cast<double>(count);
  }
  level.deviation = std::sqrt(level.deviation);
  // Of equal readings only what the mean was rounded by is left.
  if (level.deviation < kRounding * std::fabs(level.mean)) level.deviation = 0.0;
  return level;
}

void measure_smallest_step(const PowerTrace& trace, Characterisation& result) {
  if (trace.rail.kind == RailKind::kEnergyCounter) return;
  std::vector<double> values;
  double voltage = 0.0;
  if (trace.current.empty()) {
    for (const Watts power : trace.power) values.push_back(power.value());
    if (const auto step = register_step(values)) result.step = Watts(*step);
  } else {
    for (std::size_t i = 0; i < trace.size(); ++i) {
      values.push_back(trace.current[i].value());
      voltage += trace.voltage[i].value() / static_cast<double>(trace.size());
    }
    if (const auto step = register_step(values)) {
      result.current_step = Amperes(*step);
      result.step = Volts(voltage) * Amperes(*step);
    }
  }
  if (result.step) return;
  result.notes.push_back(
      "the readings lie on no grid, or took fewer than three values, so their step is not known");
}

void measure_read_cost(const std::vector<Reading>& readings, Characterisation& result) {
  std::vector<Duration> times;
  for (const Reading& reading : readings) times.push_back(reading.after - reading.before);
  std::sort(times.begin(), times.end());
  result.read_median = times[times.size() / 2];
  result.read_p99 = times[times.size() * 99 / 100];
}

/// How often a counter is renewed: the median distance of changes of its value.
void measure_renewals(const PowerTrace& trace, Characterisation& result) {
  std::vector<Duration> distances;
  std::size_t last = 0;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    if (trace.energy[i] == trace.energy[i - 1]) continue;
    if (last > 0) distances.push_back(trace.when(i) - trace.when(last));
    last = i;
  }
  if (distances.size() < kLeastRenewals) {
    result.notes.push_back("the counter changed too seldom to tell how often it is renewed");
    return;
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  result.period = *middle;
}

void measure_period(const PowerTrace& trace, Characterisation& result) {
  if (trace.rail.kind == RailKind::kEnergyCounter) return measure_renewals(trace, result);
  ClockSearch search;
  search.expected_period = trace.rail.model.period;
  search.tolerance = kClockTolerance;
  const auto clock = recover_conversion_clock(trace, search);
  if (!clock) {
    result.notes.push_back("the period was not measured: " + clock.error().message());
    return;
  }
  result.period = from_seconds(clock->clock.period());
  result.period_error = clock->period_error;
}

struct TimeConstant {
  std::optional<Duration> value;
  bool is_bound = false;
};

TimeConstant measure_step(const Powers& powers, Instant from, Instant to, double before,
                          std::string_view which, Characterisation& result) {
  const auto [seconds, values] = powers.within(from, to);
  const auto fit = fit_step_response(seconds, values, before);
  if (fit) return {fit->time_constant, fit->is_upper_bound};
  result.notes.push_back(
      fmt::format("no time constant from the {} of the load: {}", which, fit.error().message()));
  return {};
}

/// The fall where there is one: a load ends at once, but begins as its threads get going.
std::optional<Duration> time_constant_of(const Characterisation& result) {
  return result.fall ? result.fall : result.rise;
}

void tell_averaging(Characterisation& result) {
  const auto period = result.period ? result.period : result.rail.model.period;
  const auto measured = time_constant_of(result);
  if (!period || !measured || result.rail.kind == RailKind::kEnergyCounter) return;
  const bool is_averaged = to_seconds(*measured) > kAveragedFromPeriods * to_seconds(*period);
  result.is_averaged = is_averaged;
  if (result.rail.model.averaging != Averaging::kNone || !result.rail.model.average_count) return;
  result.notes.push_back(
      is_averaged ? "readings are averaged although the settings say that each is a single "
                    "conversion: they cannot be used for timing"
                  : "each reading is a single conversion, as the settings say: they follow the "
                    "load and can be used for timing");
}

/// Whether what was measured contradicts the settings.
void compare_with_settings(Characterisation& result) {
  const auto declared = effective_time_constant(result.rail.model);
  const auto measured = time_constant_of(result);
  if (!declared || !measured || result.rail.model.averaging != Averaging::kExponential) return;
  const double ratio = to_seconds(*measured) / to_seconds(*declared);
  if (ratio > 1.0 - kClockTolerance && ratio < 1.0 + kClockTolerance) return;
  result.notes.push_back(fmt::format(
      "the measured time constant of {} does not fit the {} that the settings say: another program "
      "may have changed them, or the load does not end at once",
      format_si(to_seconds(*measured), "s"), format_si(to_seconds(*declared), "s")));
}

}  // namespace

Result<Characterisation> evaluate(const StepRecording& recording) {
  Characterisation result;
  result.rail = recording.rail;
  const PowerTrace trace = trace_of(recording.rail, recording.readings);
  result.readings = static_cast<std::int64_t>(recording.readings.size());
  result.failed = result.readings - static_cast<std::int64_t>(trace.size());
  if (trace.size() < 2) {
    return Error(ErrorCode::kUnknowable,
                 fmt::format("only {} of {} readings of {} succeeded", trace.size(),
                             result.readings, recording.rail.name));
  }
  measure_read_cost(recording.readings, result);
  result.rate =
      static_cast<double>(result.readings) / to_seconds(trace.after.back() - trace.before.front());
  const Powers powers = powers_of(trace);
  const Level idle = settled(powers.within(recording.begin, recording.switched_on).second);
  const Level load = settled(powers.within(recording.switched_on, recording.switched_off).second);
  result.idle = Watts(idle.mean);
  result.noise = Watts(idle.deviation);
  result.load = Watts(load.mean);
  measure_smallest_step(trace, result);
  measure_period(trace, result);
  const auto rise = measure_step(powers, recording.switched_on, recording.switched_off, idle.mean,
                                 "beginning", result);
  const auto fall =
      measure_step(powers, recording.switched_off, recording.end, load.mean, "end", result);
  result.rise = rise.value;
  result.rise_is_bound = rise.is_bound;
  result.fall = fall.value;
  result.fall_is_bound = fall.is_bound;
  tell_averaging(result);
  compare_with_settings(result);
  return result;
}

}  // namespace layerwatt
