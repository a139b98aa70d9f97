#pragma once

#include "layerwatt/core/power_chips.h"
#include "layerwatt/core/result.h"

#include "attribution/fit/fine_fit.h"

namespace layerwatt {

struct BlockFitInput {
  const PowerTrace* trace = nullptr;
  const LoadPieces* load = nullptr;
  /// Of one conversion; declared or first guess. The window lies anywhere in the period: what else
  /// the chip converts in turn (bus voltage, temperature) may come before it or behind.
  double period = 0.0;
  double window = 0.0;
  /// Conversions whose mean makes a value.
  int count = 1;
  /// Each layer runs alone for long: its power takes up what the board drifts by meanwhile.
  bool layers_are_steady = false;
  /// Relative range of the period that is searched.
  double tolerance = ina3221::kMostOscillatorError;
};

/// Fits a sensor whose register shows the mean of a block of conversions and changes once a block
/// (INA226, INA238), and that is read several times a block. The register's changes give the clock
/// up to a constant, which is looked for over one conversion and one read; then clock, board
/// low-pass and all powers are refined together, every value as the mean over the block's own
/// windows.
///
/// kUnknowable where the register was not seen to change often enough.
Result<FineFit> fit_block_sensor(const BlockFitInput& input);

}  // namespace layerwatt
