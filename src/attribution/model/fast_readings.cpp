#include "attribution/model/fast_readings.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "layerwatt/attribution/step_response.h"

#include "attribution/clock/register_changes.h"

namespace layerwatt {
namespace {

/// Of a conversion's end, beside the jitter of latching: half of what its place is off at first.
constexpr double kLeastMargin = 5e-6;
/// At most this part of a period is left out at either end.
constexpr double kMostMargin = 0.3;
/// So many times the readings that are enough are far too many.
constexpr double kFarTooMany = 2.0;
/// To this part of it a stretch is as short as it can be.
constexpr double kReachStep = 0.01;

}  // namespace

double power_step(const PowerTrace& trace) {
  std::vector<double> values = register_values(trace);
  const auto step = register_step(values);
  if (!step) return trace.rail.model.lsb.value_or(Watts(0.0)).value();
  if (trace.current.empty()) return *step;
  double volts = 0.0;
  for (const Volts v : trace.voltage) volts += v.value();
  return *step * volts / static_cast<double>(trace.voltage.size());
}

FastReadings FastReadings::between(double from, double to) const {
  const auto first = std::lower_bound(before.begin(), before.end(), from) - before.begin();
  const auto last = std::lower_bound(before.begin(), before.end(), to) - before.begin();
  FastReadings part;
  part.before.assign(before.begin() + first, before.begin() + last);
  part.length.assign(length.begin() + first, length.begin() + last);
  part.watts.assign(watts.begin() + first, watts.begin() + last);
  part.usual_length = usual_length;
  part.step = step;
  return part;
}

std::size_t FastReadings::count_between(double from, double to) const {
  const auto first = std::lower_bound(before.begin(), before.end(), from);
  return static_cast<std::size_t>(std::lower_bound(first, before.end(), to) - first);
}

double half_length_with(const FastReadings& readings, double middle, double half, double enough,
                        double longest) {
  const auto count = [&](double reach) {
    return static_cast<double>(readings.count_between(middle - reach, middle + reach));
  };
  double least = half;
  double most = std::min(half * enough / count(half), longest);
  if (count(most) <= kFarTooMany * enough) return most;
  while (most - least > kReachStep * half) {
    const double reach = 0.5 * (least + most);
    (count(reach) < enough ? least : most) = reach;
  }
  return most;
}

FastReadings fast_readings(const PowerTrace& trace, Instant origin) {
  FastReadings readings;
  const std::vector<bool> stalled = stalled_reads(trace);
  for (std::size_t k = 0; k < trace.size(); ++k) {
    if (stalled[k]) continue;
    readings.before.push_back(to_seconds(trace.before[k] - origin));
    readings.length.push_back(to_seconds(trace.after[k] - trace.before[k]));
    readings.watts.push_back(trace.power[k].value());
  }
  readings.step = power_step(trace);
  std::vector<double> lengths = readings.length;
  if (!lengths.empty()) {
    const auto middle = lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2);
    std::nth_element(lengths.begin(), middle, lengths.end());
    readings.usual_length = *middle;
  }
  return readings;
}

LoadPieces cut_out(const LoadPieces& load, double from, double to) {
  LoadPieces part;
  part.origin = load.origin;
  part.layers = load.layers;
  part.idle_gap = load.idle_gap;
  part.pieces =
      load.pieces.part(load.pieces.first_ending_behind(from), load.pieces.first_beginning_at(to));
  for (const double begin : load.pass_begins) {
    if (begin > from && begin < to) part.pass_begins.push_back(begin);
  }
  part.on_time.assign(static_cast<std::size_t>(load.columns()), 0.0);
  for (const LoadPiece& p : part.pieces) {
    part.on_time[static_cast<std::size_t>(p.column)] += p.end - p.begin;
  }
  return part;
}

ConversionRows conversion_rows(const FastReadings& readings, const ConversionClock& clock,
                               const LatchPlace& latch) {
  ConversionRows rows;
  const double margin =
      std::max(latch.least_margin,
               std::min(kMostMargin,
                        (kLatchJitter * readings.usual_length + kLeastMargin) / clock.period()));
  std::optional<double> last;
  for (std::size_t k = 0; k < readings.size(); ++k) {
    const double position = clock.conversion_at(latch.time(readings, k));
    const double whole = std::floor(position);
    if (position - whole < margin || position - whole > 1.0 - margin) continue;
    if (last && whole <= *last) continue;
    last = whole;
    rows.read.push_back(k);
    rows.end.push_back(clock.time_of(whole));
  }
  return rows;
}

}  // namespace layerwatt
