#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace layerwatt::prediction {

/// A matrix of features, a row a layer, rows one after the other.
struct FeatureRows {
  std::size_t columns = 0;
  std::vector<double> values;

  std::size_t size() const { return columns == 0 ? 0 : values.size() / columns; }
  std::span<const double> row(std::size_t i) const {
    return std::span(values).subspan(i * columns, columns);
  }
  void add(const std::vector<double>& features) {
    columns = features.size();
    values.insert(values.end(), features.begin(), features.end());
  }
};

}  // namespace layerwatt::prediction
