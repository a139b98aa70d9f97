#include "monitor/energy/rail_meter.h"

#include <algorithm>
#include <cmath>

#include "layerwatt/core/sensor_model.h"
#include "layerwatt/sensors/sensor.h"

namespace layerwatt {
namespace {

std::optional<Duration> exponential_time_constant(const Rail& rail) {
  if (rail.model.averaging != Averaging::kExponential) return std::nullopt;
  return effective_time_constant(rail.model);
}

constexpr int kGapPeriods = 10;

}  // namespace

Duration longest_gap_of(const Rail& rail, Duration period) {
  const Duration periods = kGapPeriods * std::max(period, Duration(std::chrono::milliseconds(1)));
  return std::max(periods, exponential_time_constant(rail).value_or(Duration(0)));
}

RailMeter::RailMeter(const Rail& rail, Duration longest_gap, Instant begin)
    : kind_(rail.kind),
      longest_gap_(longest_gap),
      begin_(begin),
      integrator_({exponential_time_constant(rail), longest_gap}) {}

void RailMeter::forget_values() noexcept {
  reading_.power.reset();
  reading_.voltage.reset();
  reading_.current.reset();
}

void RailMeter::take(const PowerRecord& record) noexcept {
  switch (static_cast<ReadStatus>(record.status)) {
    case ReadStatus::kOk: {
      const Instant before = instant_from_ns(record.before_ns);
      const Instant when = before + (instant_from_ns(record.after_ns) - before) / 2;
      if (kind_ == RailKind::kEnergyCounter) {
        take_counter(record.energy_uj, when);
      } else {
        take_power(record, when);
      }
      return;
    }
    case ReadStatus::kTryAgain:
      ++reading_.busy;
      return;
    case ReadStatus::kDisabled:
      ++reading_.disabled;
      forget_values();
      return;
    case ReadStatus::kGarbage:
      ++reading_.garbage;
      forget_values();
      return;
    case ReadStatus::kGone:
      ++reading_.gone;
      forget_values();
      return;
  }
}

void RailMeter::take_power(const PowerRecord& record, Instant when) noexcept {
  const bool both = record.voltage_uv != kNoValue32 && record.current_ua != kNoValue32;
  if (record.power_uw == kNoValue64 && !both) {
    ++reading_.garbage;
    return;
  }
  const Watts power = record.power_uw != kNoValue64
                          ? microwatts(static_cast<double>(record.power_uw))
                          : microvolts(record.voltage_uv) * microamperes(record.current_ua);
  if (std::abs(power.value()) > kMostPower.value()) {
    ++reading_.implausible;
    return;
  }
  if (!reading_.last && when - begin_ > longest_gap_) {
    integrator_.add_unmeasured(when - begin_);
  }
  ++reading_.readings;
  reading_.last = when;
  reading_.power = power;
  if (record.voltage_uv != kNoValue32) reading_.voltage = microvolts(record.voltage_uv);
  if (record.current_ua != kNoValue32) reading_.current = microamperes(record.current_ua);
  integrator_.add(when, power);
  show_totals();
}

void RailMeter::take_counter(std::int64_t energy_uj, Instant when) noexcept {
  if (energy_uj == kNoValue64) {
    ++reading_.garbage;
    return;
  }
  const CounterValue now{when, energy_uj};
  if (last_counter_) {
    const Joules step = microjoules(static_cast<double>(energy_uj - last_counter_->energy_uj));
    const Duration time = when - last_counter_->when;
    if (time <= Duration(0)) return;
    const bool began_again = step < Joules(0.0) || step / time > kMostPower;
    if (began_again || reopened_) {
      // Nobody knows from where it went on.
      if (!reopened_) ++reading_.implausible;
      uncounted_ += time;
      window_begin_.reset();
      window_next_.reset();
    } else {
      counted_ += step;
    }
  }
  reopened_ = false;
  last_counter_ = now;
  if (!window_begin_) window_begin_ = now;
  if (!window_next_) window_next_ = now;
  if (when > window_begin_->when) {
    const auto rise = static_cast<double>(energy_uj - window_begin_->energy_uj);
    reading_.power = microjoules(rise) / (when - window_begin_->when);
  }
  if (when - window_next_->when >= kCounterWindow) {
    window_begin_ = window_next_;
    window_next_ = now;
  }
  ++reading_.readings;
  reading_.last = when;
  show_totals();
}

void RailMeter::slept(Duration time) noexcept {
  if (kind_ == RailKind::kEnergyCounter) return;  // it counted, or take_counter() sees that not
  integrator_.interrupt();
  integrator_.add_unmeasured(time);
  show_totals();
}

void RailMeter::show_totals() noexcept {
  const bool counts = kind_ == RailKind::kEnergyCounter;
  reading_.energy = energy_before_ + (counts ? counted_ : integrator_.energy());
  reading_.unmeasured = unmeasured_before_ + (counts ? uncounted_ : integrator_.unmeasured());
}

void RailMeter::resume(const RailReading& counted) noexcept {
  reading_ = counted;
  reading_.last.reset();
  forget_values();
  energy_before_ = counted.energy;
  unmeasured_before_ = counted.unmeasured;
}

void RailMeter::reopened() noexcept { reopened_ = true; }

}  // namespace layerwatt
