#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"
#include "layerwatt/simulation/simulated_recording.h"

namespace layerwatt::accuracy {

enum class Given {
  kDeclared,    ///< samples, timeline and the sensor's settings
  kUndeclared,  ///< samples and timeline, no settings
  kPublished,   ///< the published text files alone
};

/// One kind of recording: a line of the table.
struct Row {
  /// "weighing-512": as asked for with --rows.
  std::string_view name;
  std::string_view title;
  std::string_view board = "orin-nano";
  /// Of the sensor; 0: as the board's stock system sets it.
  int samples = 1;
  Duration conversion_time{0};
  Schedule schedule = Schedule::kWhole;
  Duration duration{0};
  StampStyle stamps = StampStyle::kMeasured;
  bool locked = false;
  /// As SimulationSpec has it.
  std::optional<std::int32_t> engine_sets = std::nullopt;
  /// What the solver gets of the recording.
  Given given = Given::kDeclared;
  /// Of the reader's ticks, as with loggers that print a line now and then; 0: as fast as it reads.
  Duration reader_period{0};
  /// So many layers of random kind, instead of the built-in networks.
  std::size_t layers = 0;
  /// Over the first 20 s of running, powers rise by this part; idle power does not show it.
  double heat = 0.0;
  /// Repeats draw other power than first executions, within this part of it.
  double repeat_difference = 0.0;
  /// The error that the solver may have; absent where it must refuse layer by layer.
  std::optional<double> limit = std::nullopt;
};

std::span<const Row> rows();

/// Recording `number` of the row: the networks take turns; seed, powers, specimen and reader are
/// drawn from `seed` and the number (oscillator ±6 %, board low-pass 0 to 300 µs, reads of 0.6 to
/// 1.4 ms, 1 % stalls, drift).
Result<Simulation> simulate_row(const Row& row, std::int64_t number, std::uint64_t seed);

}  // namespace layerwatt::accuracy
