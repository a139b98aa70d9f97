#include "sensors/attributes/attribute_sensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/plausible.h"

namespace layerwatt {
namespace {

/// False where the value does not fit power.npy's 32 bits.
bool store(std::int64_t micro, std::int32_t& out) noexcept {
  if (micro <= INT32_MIN || micro > INT32_MAX) return false;
  out = static_cast<std::int32_t>(micro);
  return true;
}

std::int64_t magnitude_of(std::int64_t value) noexcept { return value < 0 ? -value : value; }

}  // namespace

ReadStatus ScaledAttribute::read(std::int64_t& micro) noexcept {
  std::int64_t number = 0;
  if (const ReadStatus status = file.read_number(number); status != ReadStatus::kOk) return status;
  std::int64_t product = 0;
  if (__builtin_mul_overflow(number, multiplier, &product)) return ReadStatus::kGarbage;
  // −magnitude of INT64_MIN would overflow, and it means "not measured".
  if (product == INT64_MIN) return ReadStatus::kGarbage;
  micro = product / divisor;
  return ReadStatus::kOk;
}

Duration default_voltage_max_age(const SensorModel& model) {
  if (model.averaging == Averaging::kNone) return Duration(0);
  const auto time_constant = effective_time_constant(model);
  return time_constant ? *time_constant / 20 : Duration(0);
}

AttributeSensor::AttributeSensor(std::vector<AttributeRail> rails, const OpenOptions& options) {
  for (AttributeRail& attributes : rails) {
    const Duration age =
        options.voltage_max_age.value_or(default_voltage_max_age(attributes.rail.model));
    descriptions_.push_back(attributes.rail);
    states_.push_back({std::move(attributes), age, std::nullopt, kNoValue32, std::nullopt, 0});
  }
}

void AttributeSensor::read(std::span<Reading> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) read_rail(states_[i], out[i]);
}

void AttributeSensor::read_rail(State& state, Reading& out) noexcept {
  AttributeRail& rail = state.attributes;
  out.power_uw = kNoValue64;
  out.energy_uj = kNoValue64;
  out.voltage_uv = kNoValue32;
  out.current_ua = kNoValue32;
  out.status = ReadStatus::kOk;
  if (rail.gate) {
    out.before = MonotonicClock::now();
    std::string_view text;
    out.status = rail.gate->read_text(text);
    out.after = MonotonicClock::now();
    if (out.status == ReadStatus::kOk && text != rail.gate_open) out.status = ReadStatus::kDisabled;
    if (out.status != ReadStatus::kOk) return;
  }
  // The voltage before the stamps: they are to hold the current's read tightly.
  if (rail.voltage) {
    out.before = MonotonicClock::now();
    out.status = read_voltage(state);
    out.after = MonotonicClock::now();
    if (out.status != ReadStatus::kOk) return;
  }
  std::int64_t micro = 0;
  out.before = MonotonicClock::now();
  if (rail.current) {
    out.status = rail.current->read(micro);
  } else if (rail.power) {
    out.status = rail.power->read(micro);
  } else {
    out.status = read_energy(state, out);
  }
  out.after = MonotonicClock::now();
  if (out.status != ReadStatus::kOk) return;
  if (rail.magnitude) micro = magnitude_of(micro);
  if (rail.power && !rail.current) {
    if (!plausible::is_power(microwatts(static_cast<double>(micro)))) {
      out.status = ReadStatus::kGarbage;
      return;
    }
    out.power_uw = micro;
  }
  if (rail.current) {
    const bool is_current = plausible::is_current(microamperes(static_cast<double>(micro)));
    if (is_current && store(micro, out.current_ua)) {
      out.voltage_uv = state.voltage_uv;
    } else {
      out.status = ReadStatus::kGarbage;
    }
  }
}

ReadStatus AttributeSensor::read_voltage(State& state) noexcept {
  const Instant now = MonotonicClock::now();
  if (state.voltage_time && now - *state.voltage_time < state.voltage_max_age) {
    return ReadStatus::kOk;
  }
  std::int64_t micro = 0;
  const ReadStatus status = state.attributes.voltage->read(micro);
  if (status != ReadStatus::kOk) return status;
  if (!plausible::is_voltage(microvolts(static_cast<double>(micro)))) return ReadStatus::kGarbage;
  if (!store(micro, state.voltage_uv)) return ReadStatus::kGarbage;
  state.voltage_time = now;
  return ReadStatus::kOk;
}

ReadStatus AttributeSensor::read_energy(State& state, Reading& out) noexcept {
  std::int64_t counter = 0;
  const ReadStatus status = state.attributes.energy->read(counter);
  if (status != ReadStatus::kOk) return status;
  if (counter < 0) return ReadStatus::kGarbage;
  const std::int64_t last = state.counter.value_or(counter);
  state.counter = counter;
  if (counter < last) {
    const auto& range = state.attributes.rail.counter_range;
    if (!range) {
      // The counter began anew at a value that nobody tells. It goes on from where it was, and the
      // reading is marked, because the energy of this one tick is lost.
      state.unwrapped_offset += last - counter;
      return ReadStatus::kGarbage;
    }
    state.unwrapped_offset += std::llround(in_microjoules(*range));
  }
  out.energy_uj = counter + state.unwrapped_offset;
  return ReadStatus::kOk;
}

Result<std::unique_ptr<Sensor>> open_attribute_rails(std::vector<AttributeRail> found,
                                                     const ProbedSensor& sensor,
                                                     const OpenOptions& options) {
  std::vector<AttributeRail> wanted;
  std::vector<std::string_view> names;
  for (const Rail& rail : sensor.rails) {
    names.push_back(rail.name);
    const bool asked =
        options.rails.empty() ||
        std::find(options.rails.begin(), options.rails.end(), rail.name) != options.rails.end();
    if (!asked) continue;
    const auto at = std::find_if(found.begin(), found.end(), [&](const AttributeRail& candidate) {
      return candidate.rail.location == rail.location;
    });
    if (at == found.end()) {
      return Error(ErrorCode::kGone,
                   fmt::format("the rail {} at {} was there a moment ago and is not any more; "
                               "'layerwatt sensors' shows what is left",
                               rail.name, rail.location));
    }
    wanted.push_back(std::move(*at));
    wanted.back().rail = rail;
    found.erase(at);
  }
  for (const std::string& name : options.rails) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const auto meant = nearest_name(name, names);
    return Error(ErrorCode::kNotFound,
                 fmt::format("{} has no rail '{}'{}; it has {}", sensor.id, name,
                             meant ? fmt::format(" (did you mean '{}'?)", *meant) : "",
                             fmt::join(names, ", ")));
  }
  return std::unique_ptr<Sensor>(std::make_unique<AttributeSensor>(std::move(wanted), options));
}

}  // namespace layerwatt
