#include "attribution/inference/repeat_grouping.h"

namespace layerwatt {
namespace {

/// Of deviances: differences below happen by chance, and what a load that the timeline does not
/// know of leaves comes near it.
constexpr double kClearly = 15.0;
/// Fewer parts of the recording cannot speak for one another.
constexpr std::size_t kLeastBlocks = 8;

/// The recording with timing, drift and the filter's first state taken as they are: powers alone
/// are unknown.
FineFit of_powers_alone(const FineFit& fit, const GroupedSolution& solution) {
  const Eigen::Index kept = fit.layout.first_drift();
  const Eigen::Index reading = fit.layout.unknowns();
  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(reading + 1, kept + 1);
  map.topLeftCorner(kept, kept).setIdentity();
  const Eigen::VectorXd fine = solution.map * solution.fit.value;
  map.col(kept).segment(kept, reading - kept) = -fine.tail(reading - kept);
  map(reading, kept) = 1.0;
  FineFit reduced;
  reduced.layout.load = fit.layout.load;
  reduced.prior = map.transpose() * fit.prior * map;
  for (const Eigen::MatrixXd& block : fit.blocks) {
    reduced.blocks.push_back(map.transpose() * block * map);
  }
  return reduced;
}

/// Minus twice the log-likelihood of each part of the recording under the powers that all other
/// parts give: what misfits the model in one place, as a load that the timeline does not know of,
/// makes no grouping look better.
double cross_validated_deviance(const FineFit& powers, const LoadPieces& load,
                                const Grouping& grouping) {
  constexpr std::size_t kFolds = 4;
  double deviance = 0.0;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    Eigen::MatrixXd others = powers.prior;
    Eigen::MatrixXd left_out = Eigen::MatrixXd::Zero(others.rows(), others.cols());
    for (std::size_t b = 0; b < powers.blocks.size(); ++b) {
      (b % kFolds == fold ? left_out : others) += powers.blocks[b];
    }
    const GroupedSolution solution = solve_grouped(powers.layout, others, load, grouping);
    Eigen::VectorXd residual(others.rows());
    residual << solution.map * solution.fit.value, -1.0;
    deviance += residual.dot(left_out * residual);
  }
  return deviance;
}

}  // namespace

Grouping choose_repeats(const FineFit& fit, const LoadPieces& load, Grouping grouping) {
  double repeated = 0.0;
  for (int l = 0; l < load.layers; ++l) {
    repeated += load.on_time[static_cast<std::size_t>(load.repeat_column(l))];
  }
  if (repeated <= 0.0 || fit.blocks.size() < kLeastBlocks) return grouping;
  if (grouping.usual_power <= 0.0) return grouping;
  const Eigen::MatrixXd total = fit.total();
  const GroupedSolution equal = solve_grouped(fit.layout, total, load, grouping);
  const FineFit powers = of_powers_alone(fit, equal);
  const double enough = cross_validated_deviance(powers, load, grouping) - kClearly;
  double best = equal.deviance - kClearly;
  Grouping chosen = grouping;
  for (const double relative : {0.01, 0.02, 0.04, 0.08, 0.16}) {
    Grouping tried = grouping;
    tried.repeat_spread = relative * grouping.usual_power;
    const double deviance = solve_grouped(fit.layout, total, load, tried).deviance;
    if (deviance >= best || cross_validated_deviance(powers, load, tried) >= enough) continue;
    best = deviance;
    chosen = tried;
  }
  return chosen;
}

}  // namespace layerwatt
