#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// How a sensor combines conversions into what its register shows.
enum class Averaging {
  kNone,         ///< each conversion stands alone
  kExponential,  ///< register += (new − register) / count, at every conversion (INA3221 §8.4.1)
  kBlock,  ///< the register changes once in `count` conversions, to their mean (INA226, INA238)
};

std::string_view to_string(Averaging averaging);

/// Where a number of the model comes from.
enum class Provenance {
  kDeclared,   ///< read from the driver's settings
  kMeasured,   ///< estimated from recorded samples
  kDatasheet,  ///< a default of the chip or the driver, not confirmed on this machine
};

std::string_view to_string(Provenance provenance);

/// The kernel through which a rail's power becomes samples: board low-pass ⊛ conversion window ⊛
/// averaging (docs/attribution.md). Absent is unknown, to be estimated.
struct SensorModel {
  /// From one conversion of this channel to the next (all enabled channels of the chip in turn).
  std::optional<Duration> period;
  /// The time over which one conversion averages its input (shunt conversion).
  std::optional<Duration> conversion_window;
  Averaging averaging = Averaging::kNone;
  /// Conversions averaged: the INA3221's `samples`. 1 is none.
  std::optional<int> average_count;
  /// Smallest step of power that a reading can make, at the rail's usual voltage.
  std::optional<Watts> lsb;
  /// From the end of a conversion to when a read shows it.
  std::optional<Duration> lag;
  /// Time constant of the regulators and capacitors between the load and the shunt.
  std::optional<Duration> board_low_pass;
  Provenance provenance = Provenance::kDatasheet;
  /// One line for people on where the numbers come from ("samples=512, update_interval=430").
  std::string source;
};

/// What a recording says of the sensor that made it.
struct SensorFinding {
  /// "stock: 512 averages of 140 µs on 3 channels of an INA3221, time constant 0.43 s".
  std::string found;
  /// Probability that it is that one of those considered, 0 to 1.
  double certainty = 0.0;
  /// The runner-up, and how many times less likely it is; empty where there was none.
  std::string next_best;
  double times_less_likely = 0.0;
};

/// The time constant of the averaging filter: −period / ln(1 − 1/count) for kExponential
/// (SBOS576B §8.4.1), half the block's length for kBlock, half the period for kNone. Nullopt where
/// the model does not know period or count.
std::optional<Duration> effective_time_constant(const SensorModel& model);

}  // namespace layerwatt
