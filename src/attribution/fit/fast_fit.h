#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "layerwatt/core/power_chips.h"
#include "layerwatt/core/result.h"

#include "attribution/fit/fine_fit.h"
#include "attribution/model/fast_readings.h"

namespace layerwatt {

struct FastFitInput {
  const PowerTrace* trace = nullptr;
  LoadPieces* load = nullptr;
  /// Where layers were laid back to back: the load with so many seconds between them. The time that
  /// fits best is found, and `load` is then what it gives.
  std::function<LoadPieces(double gap)> laid_with_gap;
  /// Declared or first guess, from one value of the register to the next; the window follows the
  /// period's scale.
  double period = 0.0;
  double window = 0.0;
  /// Conversions whose mean makes a value, evenly spread over the period.
  int block_count = 1;
  /// Relative range of the period that is searched (INA3221 datasheet, 8.4.3: ±30 %).
  double tolerance = ina3221::kMostOscillatorError;
  /// One rail of several (rails_fit.h): it may follow the layers so little that its clock cannot be
  /// told, and need not be.
  bool is_part = false;
  /// By another rail of the same chip. Kept by reference.
  const ChipTiming* of_chip = nullptr;
};

/// How well the best clock near a supposed period explains a stretch of some seconds.
struct ClockTrial {
  /// What its powers leave of the readings, W²; and what powers without a clock leave.
  double left = 0.0;
  double left_without = 0.0;
  /// Variance of idle readings: what the right clock leaves, or a little more.
  double idle_variance = 0.0;
  /// Readings of the stretch.
  std::size_t readings = 0;

  bool explains() const;
};

/// Tries a supposed sensor, as fit_fast_sensor does at first. Nullopt with too few readings.
std::optional<ClockTrial> try_clock(const FastFitInput& input);

/// Fits the timing of a sensor whose readings are single conversions, or means of few: finds the
/// conversion clock, by register changes or by the load itself, then refines clock, board low-pass
/// and all powers together (Gauss and Newton). kUnknowable where no clock fits better than others.
Result<FineFit> fit_fast_sensor(const FastFitInput& input);

}  // namespace layerwatt
