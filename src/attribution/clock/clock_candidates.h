#pragma once

#include <optional>
#include <vector>

#include "attribution/fit/timing_fit.h"

namespace layerwatt {

/// Of the period, relative: most chips. The datasheet allows more (ina3221::kMostOscillatorError).
inline constexpr double kUsualTolerance = 0.08;

struct ClockCandidatesInput {
  const FastReadings* readings = nullptr;
  const LoadPieces* load = nullptr;
  TimingFit::Sensor sensor;
  /// Relative range of the period that is searched.
  double tolerance = kUsualTolerance;
  StretchPowers rough;
  /// By the changes of a register, where they tell; when a conversion's end shows is known then,
  /// but not how long before it was.
  std::optional<RecoveredClock> by_register;
  /// By another channel of the same chip.
  const ChipTiming* of_chip = nullptr;
};

/// A clock that explains some seconds of the recording, fitted to them.
struct ClockCandidate {
  TimingFit::Start start;
  /// The stretch that it was fitted to, seconds.
  double from = 0.0;
  double to = 0.0;
};

/// Looks for clocks around `place` (0 … 1) of the load: tries very many on a short stretch, first
/// against what the rough powers predict, then each with the powers that fit it best; fits the best
/// of them in full and goes on to longer stretches. A chip's clock is shifted instead, at once on
/// the longest. Best first; all of one stretch.
std::vector<ClockCandidate> clock_candidates(const ClockCandidatesInput& input, double place);

}  // namespace layerwatt
