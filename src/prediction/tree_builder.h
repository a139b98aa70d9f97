#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/prediction/cost_model.h"

#include "prediction/feature_rows.h"

namespace layerwatt::prediction {

/// Features cut into at most 255 steps at their own values, once for all trees.
class BinnedFeatures {
 public:
  explicit BinnedFeatures(const FeatureRows& features);

  std::size_t columns() const { return cuts_.size(); }
  std::uint8_t bin(std::size_t row, std::size_t column) const {
    return bins_[column * rows_ + row];
  }
  /// The threshold between `bin` and the next.
  double cut(std::size_t column, std::size_t bin) const { return cuts_[column][bin]; }
  std::size_t bins(std::size_t column) const { return cuts_[column].size() + 1; }

 private:
  std::size_t rows_;
  std::vector<std::vector<double>> cuts_;
  std::vector<std::uint8_t> bins_;
};

struct TreeShape {
  int depth = 4;
  std::size_t least_leaf = 4;
  /// Of the features, drawn anew at each node.
  double feature_share = 0.5;
  /// Leaves are multiplied by it.
  double rate = 1.0;
};

/// One tree on the rows, which may hold a row twice.
Tree grow_tree(const BinnedFeatures& features, std::span<const double> target,
               std::vector<std::uint32_t> rows, const TreeShape& shape, Random& random);

}  // namespace layerwatt::prediction
