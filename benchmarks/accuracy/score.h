#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/simulation/simulated_recording.h"

#include "accuracy/rows.h"

namespace layerwatt::accuracy {

/// What one recording says of the methods. Energies are above idle, of one execution of each layer;
/// errors are Σ|E_est − E_true| / Σ E_true over layers, an estimate that is missing counting as 0.
struct Score {
  double window_error = 0.0;
  /// Absent where the solver told no layer apart.
  std::optional<double> solve_error;
  /// |E_est / E_true − 1| of whole passes, for schedule `whole`.
  std::optional<double> total_error;
  /// Half of the total's interval, as a part of the truth; and whether the truth lies within.
  std::optional<double> total_half_width;
  bool total_covered = false;
  /// Whether the sensor was found to be what it is; absent where it was declared.
  std::optional<bool> sensor_found;
  /// Of the layers with an interval: those whose interval holds the truth.
  std::int64_t intervals = 0;
  std::int64_t covered = 0;
  /// Sum of (error / Cramér–Rao standard deviation)² and its number of terms, resolved layers.
  double squared_ratio = 0.0;
  std::int64_t ratios = 0;
  std::int64_t resolved = 0;
  std::int64_t merged = 0;
  std::int64_t unresolved = 0;
  /// Of processor time that `solve` took.
  double seconds = 0.0;
  /// The solver's error, where it gave no profile.
  std::string failure;
  std::vector<std::string> notes;
};

/// Runs `solve`, on what the row gives it, and the published `window` on a recording and compares
/// both with the truth.
Score score(const Row& row, const Simulation& simulation);

/// Energy of one execution of each layer above idle, as it was simulated.
std::vector<double> true_energies(const Simulation& simulation);

}  // namespace layerwatt::accuracy
