#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// Tells, while a weighing run goes on, how well it could tell its layers apart if it ended now.
///
/// A regression of the blocks' mean powers on the part of each block that each layer ran for, as
/// the sensor's averaging shows it: a first-order filter with the given time constant, whose state
/// goes over from block to block. It costs a few microseconds a block and leaves out everything
/// that solve() fits besides (drift, timing, repeats apart from first executions), so it is a guide
/// for when to stop, never a result.
class RunningPrecision {
 public:
  /// `time_constant`: of the sensor's averaging filter, 0 for none.
  RunningPrecision(std::size_t layers, Duration time_constant);
  RunningPrecision(RunningPrecision&&) noexcept;
  RunningPrecision& operator=(RunningPrecision&&) noexcept;
  ~RunningPrecision();

  /// One block: how long each layer ran in it, how long it was, and the mean power above idle that
  /// the sensor showed meanwhile. Blocks follow each other without a break.
  void add_block(std::span<const Duration> run_time, Duration length, Watts mean_above_idle);

  /// Half-widths of the 95 % intervals of all layers' energies, added up, over the energy of all
  /// layers. Absent while there are too few blocks for it.
  std::optional<double> relative_half_width() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace layerwatt
