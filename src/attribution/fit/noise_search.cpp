#include "attribution/fit/noise_search.h"

#include <algorithm>
#include <cmath>

namespace layerwatt {
namespace {

/// Of the scale: rows that are explained exactly have no likelihood else.
constexpr double kLeastScale = 1e-18;

NoiseFit fit_noise(const NoisyRows& rows, NoiseModel noise, NoiseScale which) {
  const auto columns = static_cast<std::size_t>(rows.rows.cols());
  NormalEquations equations(columns);
  Whitener whitener(noise, columns);
  for (std::size_t r = 0; r < rows.time.size(); ++r) {
    const auto out = equations.next_row();
    std::copy_n(rows.rows.row(static_cast<Eigen::Index>(r)).data(), columns, out.data());
    whitener.whiten(rows.time[r], rows.weight.empty() ? 1.0 : rows.weight[r], out,
                    rows.filtered.empty() ? 1.0 : rows.filtered[r]);
    equations.commit();
  }
  const LeastSquares solved = solve_normal_equations(equations.matrix(), Wanted::kValue);
  if (which == NoiseScale::kGiven) {
    return {noise, solved.residual + whitener.log_variance() + solved.log_determinant};
  }
  const double n =
      std::max(1.0, static_cast<double>(rows.time.size()) - static_cast<double>(columns));
  const double scale = std::max(solved.residual / n, kLeastScale);
  noise.white *= scale;
  noise.filtered *= scale;
  noise.drift *= scale;
  // Restricted likelihood: unknowns about as many as independent stretches of the recording would
  // else explain slow noise away.
  return {noise, n * std::log(scale) + whitener.log_variance() + solved.log_determinant};
}

}  // namespace

NoiseFit likeliest_noise(const NoisyRows& rows, std::span<const NoiseModel> tried,
                         NoiseScale scale) {
  NoiseFit best;
  for (const NoiseModel& noise : tried) {
    const NoiseFit fit = fit_noise(rows, noise, scale);
    if (fit.value < best.value) best = fit;
  }
  return best;
}

}  // namespace layerwatt
