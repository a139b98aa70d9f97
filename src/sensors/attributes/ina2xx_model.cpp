#include "sensors/attributes/ina2xx_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace layerwatt {
namespace {

using std::chrono::microseconds;

// TI SBOS448G (INA219) and SBOS547A (INA226; INA230 and INA231 are the same in this). One rail a
// chip; shunt and bus are converted in turn. Steps and settings are those of Linux's driver
// (drivers/hwmon/ina2xx.c), named after it.

constexpr int kConversionsPerCycle = 2;

namespace ina219 {

/// At 12 bits: INA219_CONFIG_DEFAULT, 0x399F.
constexpr Duration kConversionTime = microseconds(532);
/// shunt_div, 100: so many steps are a millivolt.
constexpr Volts kShuntStep = Volts(10e-6);
/// power_lsb_factor: watts a step of the power register, by amperes a step of the current register.
constexpr double kPowerPerCurrentStep = 20.0;

}  // namespace ina219

namespace ina226 {

/// Half of INA226_TOTAL_CONV_TIME_DEFAULT.
constexpr Duration kConversionTime = microseconds(1100);
/// ina226_avg_tab. The registers change when all averages are done.
constexpr std::array kAverages = {1, 4, 16, 64, 128, 256, 512, 1024};
/// shunt_div, 400.
constexpr Volts kShuntStep = Volts(2.5e-6);
/// power_lsb_factor.
constexpr double kPowerPerCurrentStep = 25.0;

}  // namespace ina226

constexpr std::array<std::string_view, 2> kLikeIna219{"ina219", "ina220"};
constexpr std::array<std::string_view, 3> kLikeIna226{"ina226", "ina230", "ina231"};

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The chip's own step of power: a multiple of its step of current, at any voltage.
std::optional<Watts> power_step(std::optional<std::int64_t> microohms, Volts shunt_step,
                                double per_current_step) {
  if (!microohms || *microohms <= 0) return std::nullopt;
  return watts(per_current_step * shunt_step.value() / (1e-6 * static_cast<double>(*microohms)));
}

SensorModel ina219_model(const Ina2xxSettings& settings) {
  SensorModel model;
  model.conversion_window = ina219::kConversionTime;
  model.period = ina219::kConversionTime * kConversionsPerCycle;
  model.averaging = Averaging::kNone;
  model.average_count = 1;
  model.lsb = power_step(settings.shunt, ina219::kShuntStep, ina219::kPowerPerCurrentStep);
  model.provenance = Provenance::kDatasheet;
  model.source = "what the driver sets: single conversions of 12 bits, 532 µs each";
  return model;
}

/// Averages that the driver shows as this interval (ina226_reg_to_interval: rounded).
std::optional<int> averages_of(std::int64_t interval_ms) {
  const std::int64_t cycle_us = ina226::kConversionTime.count() / 1000 * kConversionsPerCycle;
  for (const int averages : ina226::kAverages) {
    if ((averages * cycle_us + 500) / 1000 == interval_ms) return averages;
  }
  return std::nullopt;
}

std::optional<SensorModel> ina226_model(const Ina2xxSettings& settings) {
  if (!settings.update_interval) return std::nullopt;
  const auto averages = averages_of(*settings.update_interval);
  if (!averages) return std::nullopt;
  SensorModel model;
  model.conversion_window = ina226::kConversionTime;
  model.period = ina226::kConversionTime * kConversionsPerCycle;
  model.averaging = *averages > 1 ? Averaging::kBlock : Averaging::kNone;
  model.average_count = *averages;
  model.lsb = power_step(settings.shunt, ina226::kShuntStep, ina226::kPowerPerCurrentStep);
  model.provenance = Provenance::kDeclared;
  model.source = fmt::format("update_interval={}: means of {} conversions of 1.1 ms",
                             *settings.update_interval, *averages);
  return model;
}

}  // namespace

std::optional<SensorModel> ina2xx_model(std::string_view chip, const Ina2xxSettings& settings) {
  if (contains(kLikeIna219, chip)) return ina219_model(settings);
  if (contains(kLikeIna226, chip)) return ina226_model(settings);
  return std::nullopt;
}

}  // namespace layerwatt
