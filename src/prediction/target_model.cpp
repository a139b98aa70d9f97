#include "prediction/target_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "layerwatt/core/random.h"

#include "prediction/gaussian_process.h"
#include "prediction/physical_cost.h"
#include "prediction/shape_terms.h"
#include "prediction/tree_ensembles.h"

namespace layerwatt::prediction {
namespace {

/// Below it a process alone; trees of so few rows are steps at random.
constexpr std::size_t kRowsForTrees = 100;
/// Rows of which the physical cost has seen enough.
constexpr std::size_t kRowsForPhysics = 2000;
constexpr std::size_t kRowsOfProcess = 1000;
/// Of trees beside processes that have seen all rows.
constexpr double kTreeShare = 1.0 / 3.0;
constexpr double kLeastScale = 0.03;

std::vector<std::size_t> some_rows(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  if (count <= kRowsForPhysics) return rows;
  Random random(seed, "rows for physics");
  random.shuffle(rows);
  rows.resize(kRowsForPhysics);
  return rows;
}

void fit_base(std::span<const LayerWork* const> works, std::span<const double> log_target,
              Base base, std::uint64_t seed, TargetModel& model) {
  if (base == Base::kMean) {
    const double sum = std::accumulate(log_target.begin(), log_target.end(), 0.0);
    model.mean = sum / static_cast<double>(log_target.size());
    return;
  }
  std::vector<const LayerWork*> some;
  std::vector<double> targets;
  for (const std::size_t row : some_rows(works.size(), seed)) {
    some.push_back(works[row]);
    targets.push_back(log_target[row]);
  }
  model.base = fit_physical_cost(some, targets);
}

void fit_processes(std::span<const LayerWork* const> works, std::span<const double> rest,
                   std::uint64_t seed, TargetModel& model) {
  ProcessOptions options;
  options.seed = seed;
  options.kept_rows = kRowsOfProcess;
  for (std::size_t i = 0; i < model.processes.size(); ++i) {
    FeatureRows features;
    for (const LayerWork* work : works) features.add(process_features(*work, kProcessViews[i]));
    model.processes[i] = fit_process(features, rest, options);
  }
}

double base_of(const TargetModel& model, const LayerWork& work) {
  return model.base ? log_cost(*model.base, work) : model.mean;
}

/// Whether the process is one of `features` features.
bool is_of(const ProcessModel& process, std::size_t features) {
  const auto used = static_cast<std::size_t>(
      std::ranges::count_if(process.scale, [](double scale) { return scale > 0.0; }));
  return process.center.size() == features && process.scale.size() == features &&
         process.length.size() == used;
}

}  // namespace

TargetModel fit_target(std::span<const LayerWork* const> works, std::span<const double> log_target,
                       Base base, const CostModelOptions& options) {
  TargetModel model;
  fit_base(works, log_target, base, options.seed, model);
  std::vector<double> rest;
  for (std::size_t i = 0; i < works.size(); ++i) {
    rest.push_back(log_target[i] - base_of(model, *works[i]));
  }
  fit_processes(works, rest, options.seed, model);
  if (works.size() < kRowsForTrees || options.ensembles == 0) return model;
  FeatureRows stepped;
  for (const LayerWork* work : works) stepped.add(tree_features(*work));
  BoostOptions boost;
  boost.trees = options.trees;
  boost.ensembles = options.ensembles;
  boost.seed = options.seed;
  model.trees = fit_boosted_trees(stepped, rest, boost);
  // Processes that have seen a part of the rows weigh that much less.
  const double seen =
      std::min(1.0, static_cast<double>(kRowsOfProcess) / static_cast<double>(works.size()));
  model.tree_share = 1.0 - seen * (1.0 - kTreeShare);
  return model;
}

TargetPrediction predict_target(const TargetModel& model, const LayerWork& work) {
  std::array<double, std::size(kProcessViews)> rests{};
  double deviation = 0.0;
  double noise = 0.0;
  double mean = 0.0;
  for (std::size_t i = 0; i < rests.size(); ++i) {
    const std::vector<double> features = process_features(work, kProcessViews[i]);
    rests[i] = predict_process(model.processes[i], features);
    mean += rests[i] / static_cast<double>(rests.size());
    deviation +=
        process_deviation(model.processes[i], features) / static_cast<double>(rests.size());
    noise += model.processes[i].noise / static_cast<double>(rests.size());
  }
  double variance = deviation * deviation + kLeastScale * kLeastScale;
  variance += 0.25 * (rests[0] - rests[1]) * (rests[0] - rests[1]);
  double rest = mean;
  if (!model.trees.ensembles.empty()) {
    const double trees = predict_trees(model.trees, tree_features(work));
    rest = model.tree_share * trees + (1.0 - model.tree_share) * mean;
    variance += 0.25 * (trees - mean) * (trees - mean);
  }
  if (model.correction) {
    rest += predict_process(*model.correction, process_features(work, ProcessView::kMatrix));
  }
  return {base_of(model, work) + rest + model.shift, std::sqrt(variance), noise};
}

}  // namespace layerwatt::prediction

namespace layerwatt {

bool fits_features(const TargetModel& model, WorkKind kind) {
  using prediction::kProcessViews;
  LayerWork any;
  any.kind = kind;
  for (std::size_t i = 0; i < model.processes.size(); ++i) {
    const std::size_t features = prediction::process_features(any, kProcessViews[i]).size();
    if (!prediction::is_of(model.processes[i], features)) return false;
  }
  const std::size_t matrix =
      prediction::process_features(any, prediction::ProcessView::kMatrix).size();
  if (model.correction && !prediction::is_of(*model.correction, matrix)) return false;
  const auto trees = static_cast<std::int64_t>(prediction::tree_features(any).size());
  for (const auto& ensemble : model.trees.ensembles) {
    for (const auto& tree : ensemble) {
      if (std::ranges::any_of(tree, [&](const TreeNode& n) { return n.feature >= trees; })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace layerwatt
