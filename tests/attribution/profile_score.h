#pragma once

#include <span>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/simulation/simulated_recording.h"

#include "attribution/made_recording.h"

namespace layerwatt::testing {

/// What a profile says of layers' powers above idle, against the truth.
struct ProfileScore {
  /// Σ|E_est − E_true| / ΣE_true; a power that is missing counts as 0.
  double error = 0.0;
  int layers = 0;
  int resolved = 0;
  /// Of those, whose interval holds the truth.
  int covered = 0;

  /// Errors are not added up: the greatest stays.
  ProfileScore& operator+=(const ProfileScore& other);
};

/// `watts` and `seconds`: of one execution of each layer.
ProfileScore score_of(const LayerProfile& profile, std::span<const double> watts,
                      std::span<const double> seconds);
ProfileScore score_of(const LayerProfile& profile, const MadeRecording& made);
/// Weighed by the run times that the profile tells.
ProfileScore score_of(const LayerProfile& profile, const Simulation& simulation);

/// Above idle: of one execution of each layer; and of a pass as it was made, gaps included.
double true_layer_energy(const MadeRecording& made);
double true_pass_energy(const MadeRecording& made, const LayerProfile& profile);

bool holds(const Estimate<Joules>& estimate, double joules);

}  // namespace layerwatt::testing
