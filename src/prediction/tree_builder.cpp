#include "prediction/tree_builder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace layerwatt::prediction {
namespace {

constexpr std::size_t kMostCuts = 254;

/// Midpoints between neighbouring values, thinned out evenly where there are too many.
std::vector<double> cuts_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  std::vector<double> cuts;
  const std::size_t gaps = values.size() - 1;
  const std::size_t count = std::min(gaps, kMostCuts);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t gap = gaps <= kMostCuts ? i : i * gaps / count;
    cuts.push_back(0.5 * (values[gap] + values[gap + 1]));
  }
  return cuts;
}

struct Split {
  std::size_t feature = 0;
  std::size_t bin = 0;
  double gain = 0.0;
};

class Grower {
 public:
  Grower(const BinnedFeatures& features, std::span<const double> target, const TreeShape& shape,
         Random& random)
      : features_(features), target_(target), shape_(shape), random_(random) {
    order_.resize(features.columns());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  Tree grow(std::vector<std::uint32_t> rows) {
    tree_.emplace_back();
    grow_node(0, rows, shape_.depth);
    return std::move(tree_);
  }

 private:
  void grow_node(std::size_t node, std::span<std::uint32_t> rows, int depth) {
    double sum = 0.0;
    for (const std::uint32_t row : rows) sum += target_[row];
    tree_[node].value = shape_.rate * sum / static_cast<double>(rows.size());
    if (depth == 0 || rows.size() < 2 * shape_.least_leaf) return;
    const Split split = best_split(rows, sum);
    if (split.gain <= 1e-12) return;
    const auto middle = std::stable_partition(rows.begin(), rows.end(), [&](std::uint32_t row) {
      return features_.bin(row, split.feature) <= split.bin;
    });
    const std::size_t left = tree_.size();
    tree_[node].feature = static_cast<std::int32_t>(split.feature);
    tree_[node].threshold = features_.cut(split.feature, split.bin);
    tree_[node].left = static_cast<std::int32_t>(left);
    tree_.resize(left + 2);
    const auto size = static_cast<std::size_t>(middle - rows.begin());
    grow_node(left, rows.first(size), depth - 1);
    grow_node(left + 1, rows.subspan(size), depth - 1);
  }

  Split best_split(std::span<const std::uint32_t> rows, double sum) {
    random_.shuffle(order_);
    const auto wanted = static_cast<std::size_t>(
        std::ceil(shape_.feature_share * static_cast<double>(order_.size())));
    Split best;
    for (std::size_t i = 0; i < wanted; ++i) try_feature(order_[i], rows, sum, best);
    return best;
  }

  void try_feature(std::size_t feature, std::span<const std::uint32_t> rows, double sum,
                   Split& best) {
    const std::size_t bins = features_.bins(feature);
    if (bins < 2) return;
    std::fill_n(counts_.begin(), bins, 0u);
    std::fill_n(sums_.begin(), bins, 0.0);
    for (const std::uint32_t row : rows) {
      const std::uint8_t bin = features_.bin(row, feature);
      ++counts_[bin];
      sums_[bin] += target_[row];
    }
    const auto total = static_cast<double>(rows.size());
    const double parent = sum * sum / total;
    std::size_t left_count = 0;
    double left_sum = 0.0;
    for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
      if (counts_[bin] == 0) continue;
      left_count += counts_[bin];
      left_sum += sums_[bin];
      if (left_count < shape_.least_leaf) continue;
      if (rows.size() - left_count < shape_.least_leaf) break;
      const auto left = static_cast<double>(left_count);
      const double right_sum = sum - left_sum;
      const double gain =
          left_sum * left_sum / left + right_sum * right_sum / (total - left) - parent;
      if (gain > best.gain) best = {feature, bin, gain};
    }
  }

  const BinnedFeatures& features_;
  std::span<const double> target_;
  const TreeShape& shape_;
  Random& random_;
  std::vector<std::size_t> order_;
  std::array<std::uint32_t, kMostCuts + 1> counts_{};
  std::array<double, kMostCuts + 1> sums_{};
  Tree tree_;
};

}  // namespace

BinnedFeatures::BinnedFeatures(const FeatureRows& features) : rows_(features.size()) {
  bins_.reserve(features.columns * rows_);
  for (std::size_t column = 0; column < features.columns; ++column) {
    std::vector<double> values;
    for (std::size_t i = 0; i < rows_; ++i) values.push_back(features.row(i)[column]);
    cuts_.push_back(cuts_of(values));
    const std::vector<double>& cuts = cuts_.back();
    for (const double value : values) {
      const auto above = std::lower_bound(cuts.begin(), cuts.end(), value);
      bins_.push_back(static_cast<std::uint8_t>(above - cuts.begin()));
    }
  }
}

Tree grow_tree(const BinnedFeatures& features, std::span<const double> target,
               std::vector<std::uint32_t> rows, const TreeShape& shape, Random& random) {
  return Grower(features, target, shape, random).grow(std::move(rows));
}

}  // namespace layerwatt::prediction
