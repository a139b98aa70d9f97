#pragma once

#include <cmath>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// What a reading of a machine's power can be at all, checked wherever readings come in: a sensor's
/// file, a log, a file of idle power. Anything beyond is no reading (a register without a chip, a
/// damaged line, a typing error); it is left out, counted and told. Generous on purpose: what a
/// *board* can draw is for the checks of recordings to judge (attribution/checks).
namespace plausible {

/// The supply of a rack, and of a board's core: 1 kV, 10 kA, 100 kW.
inline constexpr double kMostVolts = 1e3;
inline constexpr double kMostAmperes = 1e4;
inline constexpr double kMostWatts = 1e5;
/// A log says its unit by its form alone. Readings of a thousandth of the unit (microvolts as
/// millivolts) must still come in, so that they can be told for what they are.
inline constexpr double kOtherUnit = 1e3;
inline constexpr double kMostCelsius = 1e3;
/// What a zone shows in whole degrees is at most this.
inline constexpr double kMostPlainCelsius = 200.0;

inline bool is_power(Watts power) { return std::abs(power.value()) <= kMostWatts; }
inline bool is_voltage(Volts voltage) { return std::abs(voltage.value()) <= kMostVolts; }
inline bool is_current(Amperes current) { return std::abs(current.value()) <= kMostAmperes; }

/// Degrees of a thermal zone's `temp`: millidegrees by the kernel's rule, but some drivers show
/// whole degrees, and no board is at 42 thousandths of one. NaN beyond all temperatures.
inline double celsius_of_zone(double shown) {
  const double celsius = std::abs(shown) <= kMostPlainCelsius ? shown : shown / 1000.0;
  return std::abs(celsius) <= kMostCelsius ? celsius : std::nan("");
}

/// Of a line of a log. nan is neither.
inline bool is_logged(Volts voltage, Amperes current) {
  return std::abs(voltage.value()) <= kOtherUnit * kMostVolts &&
         std::abs(current.value()) <= kOtherUnit * kMostAmperes;
}
inline bool is_logged(Watts power) { return std::abs(power.value()) <= kOtherUnit * kMostWatts; }

}  // namespace plausible
}  // namespace layerwatt
