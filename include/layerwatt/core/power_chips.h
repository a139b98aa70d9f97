#pragma once

#include <array>
#include <chrono>

#include "layerwatt/core/units.h"

/// What the datasheets say of the chips by which Jetson boards measure power. Drivers, solver and
/// simulation all take it from here.
namespace layerwatt {

/// TI SBOS576B. Up to three channels; of each the shunt and then the bus is converted.
namespace ina3221 {

inline constexpr int kChannels = 3;
inline constexpr int kConversionsPerChannel = 2;
/// Table 3, averaging mode.
inline constexpr std::array kAverages = {1, 4, 16, 64, 128, 256, 512, 1024};
/// Table 4, conversion times, nominal.
inline constexpr std::array<Duration, 8> kConversionTimes = {
    std::chrono::microseconds(140),  std::chrono::microseconds(204),
    std::chrono::microseconds(332),  std::chrono::microseconds(588),
    std::chrono::microseconds(1100), std::chrono::microseconds(2116),
    std::chrono::microseconds(4156), std::chrono::microseconds(8244)};
/// Section 7.5, smallest steps.
inline constexpr Volts kShuntStep = Volts(40e-6);
inline constexpr Volts kBusStep = Volts(8e-3);
/// Section 8.4.3: the oscillator is within this of its nominal frequency.
inline constexpr double kMostOscillatorError = 0.3;

/// What NVIDIA's nvpower.sh writes at boot on Xavier and Orin. The interval is how long 512
/// averages of three channels take at 140 µs, and so about the filter's time constant.
inline constexpr int kStockAverages = 512;
inline constexpr Duration kStockInterval = std::chrono::milliseconds(430);

}  // namespace ina3221

/// TI SBOSA20. One rail a chip; shunt, bus and temperature are converted in turn.
namespace ina238 {

inline constexpr int kConversionsPerCycle = 3;
/// Section 6.5, smallest steps at a full scale of ±163.84 mV.
inline constexpr Volts kShuntStep = Volts(5e-6);
inline constexpr Volts kBusStep = Volts(3.125e-3);
/// The chip's default, table 7-6, which the driver of mainline Linux leaves.
inline constexpr Duration kUsualConversionTime = std::chrono::microseconds(1052);
/// What the kernels of AGX Thor average.
inline constexpr int kUsualAverages = 16;

}  // namespace ina238
}  // namespace layerwatt
