#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "layerwatt/core/result.h"
#include "layerwatt/core/sensor_model.h"
#include "layerwatt/core/units.h"

namespace layerwatt {

/// What a person knows of the sensor behind a recording that does not say it.
struct SensorByHand {
  /// Averaging, as `samples` of the INA3221.
  std::optional<int> samples;
  /// Of one conversion.
  std::optional<Duration> conversion_time;
  /// Board whose total it is; empty: a chip with three channels enabled.
  std::string board;

  bool is_given() const { return samples || conversion_time || !board.empty(); }
};

/// Names that SensorByHand::board may have.
std::span<const std::string_view> boards_by_hand();

/// The model: stock settings of the board (NVIDIA's boot script: 512 averages of 140 µs), changed
/// as said. kInvalidArgument for a board that is not known here, or a value that no INA3221 has.
Result<SensorModel> sensor_by_hand(const SensorByHand& given);

}  // namespace layerwatt
