#include "layerwatt/core/reading.h"

#include <algorithm>
#include <cmath>

#include "layerwatt/core/plausible.h"

namespace layerwatt {

std::optional<Watts> power_of(const Reading& reading) {
  if (reading.status != ReadStatus::kOk) return std::nullopt;
  // A driver that multiplies by itself did so with values of one conversion.
  if (reading.power_uw != kNoValue64) return microwatts(static_cast<double>(reading.power_uw));
  if (reading.voltage_uv == kNoValue32 || reading.current_ua == kNoValue32) return std::nullopt;
  return microvolts(reading.voltage_uv) * microamperes(reading.current_ua);
}

bool TraceBuilder::add(const Reading& reading) {
  const std::optional<Watts> power = power_of(reading);
  if (power && !plausible::is_power(*power)) return false;
  switch (trace_.rail.kind) {
    case RailKind::kEnergyCounter:
      if (reading.status != ReadStatus::kOk || reading.energy_uj == kNoValue64) return false;
      if (!is_plausible_step(reading)) return false;
      trace_.energy.push_back(unwrapped(reading.energy_uj));
      break;
    case RailKind::kVoltageCurrent:
      if (!power || reading.voltage_uv == kNoValue32 || reading.current_ua == kNoValue32) {
        return false;
      }
      trace_.voltage.push_back(microvolts(reading.voltage_uv));
      trace_.current.push_back(microamperes(reading.current_ua));
      trace_.power.push_back(*power);
      break;
    case RailKind::kPower:
      if (!power || reading.power_uw == kNoValue64) return false;
      trace_.power.push_back(*power);
      break;
  }
  trace_.before.push_back(reading.before);
  trace_.after.push_back(reading.after);
  return true;
}

/// Whether the counter can have gone on so far since the last reading; one that fell was reset.
bool TraceBuilder::is_plausible_step(const Reading& reading) const {
  // Counters may be renewed as seldom as this.
  constexpr Duration kRenewal = std::chrono::seconds(1);
  if (!last_energy_ || trace_.after.empty() || reading.energy_uj <= *last_energy_) return true;
  const double step =
      1e-6 * (static_cast<double>(reading.energy_uj) - static_cast<double>(*last_energy_));
  return step <= plausible::kMostWatts * to_seconds(reading.after - trace_.after.back() + kRenewal);
}

Joules TraceBuilder::unwrapped(std::int64_t now) {
  if (last_energy_) {
    std::int64_t step = now - *last_energy_;
    const auto& range = trace_.rail.counter_range;
    if (step < 0 && range) step += std::llround(in_microjoules(*range));
    // A counter that falls without a known range was reset: nothing is known of the step.
    energy_ += std::max<std::int64_t>(step, 0);
  }
  last_energy_ = now;
  return microjoules(static_cast<double>(energy_));
}

PowerTrace trace_of(const Rail& rail, std::span<const Reading> readings) {
  TraceBuilder builder(rail);
  for (const Reading& reading : readings) builder.add(reading);
  return builder.take();
}

}  // namespace layerwatt
