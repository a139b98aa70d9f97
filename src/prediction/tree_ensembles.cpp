#include "prediction/tree_ensembles.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "prediction/tree_builder.h"

namespace layerwatt::prediction {
namespace {

double value_in(const Tree& tree, std::span<const double> features) {
  std::size_t node = 0;
  while (tree[node].feature >= 0) {
    const double value = features[static_cast<std::size_t>(tree[node].feature)];
    node = static_cast<std::size_t>(tree[node].left) + (value <= tree[node].threshold ? 0 : 1);
  }
  return tree[node].value;
}

std::vector<Tree> boost(const BinnedFeatures& binned, const FeatureRows& features,
                        std::span<const double> target, const BoostOptions& options,
                        Random& random) {
  const TreeShape shape{options.depth, options.least_leaf, options.feature_share, options.rate};
  std::vector<double> rest(target.begin(), target.end());
  std::vector<std::uint32_t> all(rest.size());
  std::iota(all.begin(), all.end(), 0u);
  const auto shown = std::max<std::ptrdiff_t>(
      1, static_cast<std::ptrdiff_t>(options.row_share * static_cast<double>(all.size())));
  std::vector<Tree> trees;
  for (std::size_t i = 0; i < options.trees; ++i) {
    random.shuffle(all);
    trees.push_back(grow_tree(binned, rest, {all.begin(), all.begin() + shown}, shape, random));
    for (std::size_t row = 0; row < rest.size(); ++row) {
      rest[row] -= value_in(trees.back(), features.row(row));
    }
  }
  return trees;
}

}  // namespace

TreeEnsembles fit_boosted_trees(const FeatureRows& features, std::span<const double> target,
                                const BoostOptions& options) {
  TreeEnsembles model;
  const BinnedFeatures binned(features);
  for (std::size_t i = 0; i < options.ensembles; ++i) {
    Random random(options.seed, fmt::format("trees {}", i));
    model.ensembles.push_back(boost(binned, features, target, options, random));
  }
  return model;
}

TreeEnsembles fit_forest(const FeatureRows& features, std::span<const double> target,
                         std::size_t trees, std::uint64_t seed) {
  const BinnedFeatures binned(features);
  const TreeShape shape{64, 1, 1.0 / 3.0, 1.0};
  Random random(seed, "forest");
  TreeEnsembles model;
  for (std::size_t i = 0; i < trees; ++i) {
    std::vector<std::uint32_t> rows(target.size());
    for (std::uint32_t& row : rows) row = static_cast<std::uint32_t>(random.below(rows.size()));
    model.ensembles.push_back({grow_tree(binned, target, std::move(rows), shape, random)});
  }
  return model;
}

double predict_trees(const std::vector<Tree>& trees, std::span<const double> features) {
  double sum = 0.0;
  for (const Tree& tree : trees) sum += value_in(tree, features);
  return sum;
}

double predict_trees(const TreeEnsembles& model, std::span<const double> features) {
  if (model.ensembles.empty()) return 0.0;
  double sum = 0.0;
  for (const auto& trees : model.ensembles) sum += predict_trees(trees, features);
  return sum / static_cast<double>(model.ensembles.size());
}

}  // namespace layerwatt::prediction
