#pragma once

#include <cstdint>
#include <string_view>

#include "layerwatt/core/power_trace.h"
#include "layerwatt/core/random.h"

namespace layerwatt {

/// What goes wrong with recordings in the field: units, clocks, buses.
enum class Bend {
  kNone,
  kMicroUnits,      ///< microvolts and microamperes in fields of milli
  kWholeUnits,      ///< volts and amperes in them
  kMicroAmperes,    ///< of the current alone
  kNegative,        ///< the rail is read the wrong way round
  kClockStep,       ///< the readings' clock is set forward by 0.5 to 30 s at some moment
  kClockOffset,     ///< the readings' clock is another one: 0.3 to 3 s early or late throughout
  kSpikes,          ///< up to 1 % of the readings are 3 to 100 times too high
  kZeros,           ///< up to 3 % of the readings are 0
  kStuck,           ///< one value for the whole recording
  kStuckForAWhile,  ///< one value for 1 to 5 s
  kGap,             ///< no readings for 0.5 to 5 s
  kGaps,            ///< several gaps
  kThinned,         ///< only every n-th reading, up to 100 ms apart
};
inline constexpr int kBends = 14;

std::string_view to_string(Bend bend);

/// The readings of a rail of volts and amperes, bent; the same for the same random numbers.
PowerTrace bend_readings(PowerTrace trace, Bend bend, Random& random);

}  // namespace layerwatt
