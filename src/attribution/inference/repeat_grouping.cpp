#include "attribution/inference/repeat_grouping.h"

#include <array>

namespace layerwatt {
namespace {

/// Of deviances: differences below happen by chance, and what a load that the timeline does not
/// know of leaves comes near it.
constexpr double kClearly = 15.0;
/// Fewer parts of the recording cannot speak for one another.
constexpr std::size_t kLeastBlocks = 8;

/// The recording in a few parts, each the sum of every so many blocks of time, with timing, drift
/// and the filter's first state taken as they are: powers alone are unknown.
struct Powers {
  ColumnLayout layout;
  Eigen::MatrixXd prior;
  std::array<Eigen::MatrixXd, FineFit::kFolds> folds;
};

/// Of products: columns behind `kept` are at the values `at`.
Eigen::MatrixXd with_fixed(const Eigen::MatrixXd& products, Eigen::Index kept,
                           const Eigen::VectorXd& at) {
  const Eigen::Index reading = products.cols() - 1;
  // The reading less what the fixed columns explain of it.
  Eigen::VectorXd weights = Eigen::VectorXd::Zero(reading + 1);
  weights.segment(kept, reading - kept) = -at.tail(reading - kept);
  weights[reading] = 1.0;
  const Eigen::VectorXd left = products * weights;
  Eigen::MatrixXd fixed(kept + 1, kept + 1);
  fixed.topLeftCorner(kept, kept) = products.topLeftCorner(kept, kept);
  fixed.col(kept).head(kept) = left.head(kept);
  fixed.row(kept).head(kept) = left.head(kept).transpose();
  fixed(kept, kept) = weights.dot(left);
  return fixed;
}

Powers of_powers_alone(const FineFit& fit, const GroupedSolution& solution) {
  const Eigen::Index kept = fit.layout.first_drift();
  const Eigen::VectorXd fine = solution.map * solution.fit.value;
  Powers powers;
  powers.layout.load = fit.layout.load;
  powers.prior = with_fixed(fit.steady_prior, kept, fine);
  for (std::size_t fold = 0; fold < FineFit::kFolds; ++fold) {
    powers.folds[fold] = with_fixed(fit.folds[fold], kept, fine);
  }
  return powers;
}

/// Minus twice the log-likelihood of each part of the recording under the powers that all other
/// parts give: what misfits the model in one place, as a load that the timeline does not know of,
/// makes no grouping look better.
double cross_validated_deviance(const Powers& powers, const LoadPieces& load,
                                const Grouping& grouping) {
  double deviance = 0.0;
  for (std::size_t fold = 0; fold < FineFit::kFolds; ++fold) {
    Eigen::MatrixXd others = powers.prior;
    for (std::size_t other = 0; other < FineFit::kFolds; ++other) {
      if (other != fold) others += powers.folds[other];
    }
    const GroupedSolution solution =
        solve_grouped(powers.layout, others, load, grouping, Wanted::kValue);
    Eigen::VectorXd residual(others.rows());
    residual.head(others.rows() - 1) = solution.map * solution.fit.value;
    residual[others.rows() - 1] = -1.0;
    deviance += residual.dot(powers.folds[fold] * residual);
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
  const GroupedSolution equal = solve_grouped(fit.layout, total, load, grouping, Wanted::kValue);
  const Powers powers = of_powers_alone(fit, equal);
  const double enough = cross_validated_deviance(powers, load, grouping) - kClearly;
  // A layer that draws next to nothing may differ by a part of what others draw.
  constexpr double kLeastPart = 0.2;
  grouping.repeat_part.clear();
  for (const int column : equal.group_column) {
    grouping.repeat_part.push_back(
        std::max(kLeastPart, equal.value(column) / grouping.usual_power));
  }
  double best = equal.deviance - kClearly;
  bool is_clear = false;
  Grouping chosen = grouping;
  // Where they do differ it is by some percent: less would take too much for granted of the layers
  // whose first executions hardly show.
  for (const double relative : {0.03, 0.06, 0.12}) {
    Grouping tried = grouping;
    tried.repeat_spread = relative * grouping.usual_power;
    const double deviance = solve_grouped(fit.layout, total, load, tried, Wanted::kValue).deviance;
    // How far they differ the likelihood says; that they do, the other parts of the recording too.
    if (deviance < equal.deviance - kClearly && !is_clear) {
      is_clear = cross_validated_deviance(powers, load, tried) < enough;
    }
    if (deviance >= best) continue;
    best = deviance;
    chosen = tried;
  }
  return is_clear ? chosen : grouping;
}

}  // namespace layerwatt
