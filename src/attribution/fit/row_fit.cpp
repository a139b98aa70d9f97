#include "attribution/fit/row_fit.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "attribution/fit/priors.h"

namespace layerwatt {
namespace {

Eigen::MatrixXd whitened_products(const ObservedRows& observed, const NoiseModel& noise) {
  const auto columns = static_cast<std::size_t>(observed.rows.cols());
  NormalEquations equations(columns);
  Whitener whitener(noise, columns);
  for (std::size_t r = 0; r < observed.time.size(); ++r) {
    const auto out = equations.next_row();
    std::copy_n(observed.rows.row(static_cast<Eigen::Index>(r)).data(), columns, out.data());
    whitener.whiten(observed.time[r], observed.weight_of(r), out, observed.filtered_of(r));
    equations.commit();
  }
  return equations.matrix();
}

/// Of all that ran, weighted by how long it did; 1 before anything was fitted.
double mean_power(const std::vector<double>& watts, const LoadPieces& load) {
  double energy = 0.0;
  double time = 0.0;
  for (std::size_t c = 0; c < watts.size(); ++c) {
    energy += std::abs(watts[c]) * load.on_time[c];
    time += load.on_time[c];
  }
  return time > 0.0 && energy > 0.0 ? energy / time : 1.0;
}

/// Whitens the rows for good and gives them away.
void keep_rows(ObservedRows& observed, const NoiseModel& noise, const ColumnLayout& layout,
               const Eigen::MatrixXd& prior, const Eigen::VectorXd& timing, FineFit& fit) {
  const auto columns = static_cast<std::size_t>(layout.columns());
  Whitener whitener(noise, columns);
  std::vector<Eigen::Index> begins;
  double block_end = 0.0;
  for (std::size_t r = 0; r < observed.time.size(); ++r) {
    const auto row = static_cast<Eigen::Index>(r);
    if (begins.empty() || observed.time[r] > block_end) {
      begins.push_back(row);
      block_end = observed.time[r] + fit.block_seconds;
    }
    whitener.whiten(observed.time[r], observed.weight_of(r),
                    {observed.rows.row(row).data(), columns}, observed.filtered_of(r));
  }
  eliminate_timing(layout, observed.rows, begins, prior, timing, layout.first_timing(), fit);
}

}  // namespace

FineFit fit_rows(RowObservation& observation, const LoadPieces& load) {
  const ColumnLayout layout = observation.layout();
  const RowObservation::Rounds rounds = observation.rounds();
  FineFit fit;
  NoiseModel noise = observation.first_noise();
  ObservedRows observed;
  Eigen::MatrixXd prior;
  Eigen::VectorXd solution;
  for (int i = 0; i < rounds.steps; ++i) {
    observation.observe(fit.watts, observed);
    const bool chooses_noise = std::ranges::find(rounds.noise, i) != rounds.noise.end();
    if (chooses_noise && rounds.noise_before_step) {
      noise = observation.likeliest_noise(observed, solution);
    }
    prior = Eigen::MatrixXd::Zero(layout.columns(), layout.columns());
    observation.expect_timing(layout, prior);
    const double deviation = kRepeatSpread * mean_power(fit.watts, load);
    const Eigen::MatrixXd products = whitened_products(observed, noise);
    observation.expect_rest(products, prior);
    solution = solve_normal_equations(products + prior + repeat_tie(layout, load, deviation, true),
                                      Wanted::kValue)
                   .value;
    observation.learn(solution, noise);
    fit.watts.assign(solution.data(), solution.data() + layout.load);
    fit.idle = solution[layout.idle()];
    // Before there are powers rows do not show their change with timing.
    observation.move(solution.segment(layout.first_timing(), layout.timing),
                     i == 0 || i + 1 == rounds.steps);
    if (chooses_noise && !rounds.noise_before_step) {
      noise = observation.likeliest_noise(observed, solution);
    }
  }
  fit.rows = static_cast<std::int64_t>(observed.time.size());
  fit.block_seconds = observation.block_seconds();
  observation.judge(observed, solution, noise, fit);
  keep_rows(observed, noise, layout, prior, solution.segment(layout.first_timing(), layout.timing),
            fit);
  return fit;
}

}  // namespace layerwatt
