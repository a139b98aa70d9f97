#include "attribution/checks/units_check.h"

#include <fmt/format.h>

#include <cmath>

#include "layerwatt/core/numbers.h"

#include "attribution/model/read_times.h"

namespace layerwatt {
namespace {

/// No rail of a computer carries more than 60 V, 3 kW or 1 kA, and none that feeds one has less
/// than 0.2 V: the INA3221 measures up to 26 V, the INA238 up to 85 V.
constexpr double kMostVolts = 90.0;
constexpr double kLeastVolts = 0.2;
constexpr double kMostWatts = 20e3;
/// Hundreds of amperes are those of a core at 1 V: on a rail that makes kilowatts of them they are
/// of another unit.
constexpr double kMostAmperes = 150.0;
constexpr double kManyWatts = 1e3;
/// Idle powers that differ by more than this factor are of different units.
constexpr double kOtherUnit = 30.0;

}  // namespace

std::optional<CheckVerdict> check_units(const CheckedReadings& readings) {
  if (readings.size() == 0) return std::nullopt;
  const double power = median_of(readings.watts);
  const double voltage = median_of(readings.volts);
  const bool has_volts = !readings.volts.empty();
  const double idle = idle_level(readings);
  const bool other_idle =
      readings.idle_apart && *readings.idle_apart > 0.0 && idle != 0.0 &&
      std::abs(std::log(std::abs(idle) / *readings.idle_apart)) > std::log(kOtherUnit);
  const bool other_current =
      std::abs(median_of(readings.amperes)) > kMostAmperes && std::abs(power) > kManyWatts;
  const bool implausible = std::abs(power) > kMostWatts || other_current ||
                           (has_volts && (voltage > kMostVolts || voltage < kLeastVolts)) ||
                           (other_idle && power != 0.0);
  if (!implausible || power == 0.0) return std::nullopt;
  const std::string what = has_volts ? fmt::format("{} and {}", format_si(voltage, "V"),
                                                   format_si(median_of(readings.amperes), "A"))
                                     : format_si(power, "W");
  std::string against;
  if (other_idle) {
    against = fmt::format(", and an idle power of {} where {} was measured apart",
                          format_si(idle, "W"), format_si(*readings.idle_apart, "W"));
  }
  return CheckVerdict{
      {RecordingCheck::kUnits,
       fmt::format("the readings are of another unit than millivolts and milliamperes: "
                   "taken as such they say {}{}; convert the power log and map again",
                   what, against)},
      true,
      {}};
}

}  // namespace layerwatt
