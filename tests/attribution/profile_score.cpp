#include "attribution/profile_score.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace layerwatt::testing {

ProfileScore& ProfileScore::operator+=(const ProfileScore& other) {
  error = std::max(error, other.error);
  layers += other.layers;
  resolved += other.resolved;
  covered += other.covered;
  return *this;
}

ProfileScore score_of(const LayerProfile& profile, std::span<const double> watts,
                      std::span<const double> seconds) {
  ProfileScore score;
  double wrong = 0.0;
  double all = 0.0;
  for (std::size_t l = 0; l < profile.rows.size(); ++l) {
    const LayerProfileRow& row = profile.rows[l];
    const double found = row.power ? row.power->value.value() : 0.0;
    wrong += std::abs(found - watts[l]) * seconds[l];
    all += watts[l] * seconds[l];
    ++score.layers;
    if (row.status != LayerStatus::kResolved) continue;
    ++score.resolved;
    if (row.power->low->value() <= watts[l] && watts[l] <= row.power->high->value()) {
      ++score.covered;
    }
  }
  score.error = wrong / all;
  return score;
}

ProfileScore score_of(const LayerProfile& profile, const MadeRecording& made) {
  return score_of(profile, made.watts, made.mean_seconds);
}

ProfileScore score_of(const LayerProfile& profile, const Simulation& simulation) {
  std::vector<double> watts;
  std::vector<double> seconds;
  for (const Watts power : simulation.run.truth.powers.first) watts.push_back(power.value());
  for (const LayerProfileRow& row : profile.rows) seconds.push_back(to_seconds(row.run_time.mean));
  return score_of(profile, watts, seconds);
}

double true_layer_energy(const MadeRecording& made) {
  return std::inner_product(made.watts.begin(), made.watts.end(), made.mean_seconds.begin(), 0.0);
}

double true_pass_energy(const MadeRecording& made, const LayerProfile& profile) {
  return true_layer_energy(made) + made.truth.powers.gap.value() * to_seconds(*profile.gap_time);
}

bool holds(const Estimate<Joules>& estimate, double joules) {
  return estimate.low->value() <= joules && joules <= estimate.high->value();
}

}  // namespace layerwatt::testing
