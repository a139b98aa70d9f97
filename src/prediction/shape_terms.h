#pragma once

#include <array>
#include <vector>

#include "layerwatt/core/layer_work.h"

namespace layerwatt::prediction {

/// A convolution as the product of matrices that it is computed as.
struct MatrixShape {
  /// Output pixels of all images.
  double rows = 1.0;
  /// Output channels of one group.
  double columns = 1.0;
  /// Input channels of one group times window.
  double depth = 1.0;
  double groups = 1.0;
};
MatrixShape matrix_shape(const LayerWork& work);

/// Ways to compute a convolution: tiles of several sizes, and Winograd's for 3×3 windows.
inline constexpr std::size_t kTactics = 6;
/// The cost of a tactic that a layer cannot be computed by.
inline constexpr double kImpossible = 1e30;

/// What PhysicalCost multiplies its rates with.
struct CostTerms {
  /// Operations with tiles filled up.
  std::array<double, kTactics> operations{};
  /// Values of the output with tiles filled up: what a tile costs besides its depth.
  std::array<double, kTactics> outputs{};
  double input_bytes = 0.0;
  double output_bytes = 0.0;
  double weight_bytes = 0.0;
  /// Values that are summed up for one value of the output.
  double depth = 0.0;
};
CostTerms cost_terms(const LayerWork& work);

/// What a Gaussian process sees of a layer: few, smooth features of known meaning.
enum class ProcessView {
  kMatrix,      ///< the product of matrices that it is computed as, and how well tiles fit
  kDimensions,  ///< its dimensions as they stand
};
inline constexpr ProcessView kProcessViews[] = {ProcessView::kMatrix, ProcessView::kDimensions};
std::vector<double> process_features(const LayerWork& work, ProcessView view);
/// Features of the trees: many, steps among them.
std::vector<double> tree_features(const LayerWork& work);

}  // namespace layerwatt::prediction
