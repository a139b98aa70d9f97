#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/layer_work.h"
#include "layerwatt/core/result.h"
#include "layerwatt/prediction/layer_sample.h"

namespace layerwatt {

/// Cost of a layer from physics: launch floor, operations of whole tiles, bytes. Parameters are
/// natural logarithms of seconds a unit:
///   cost = floor + min over tactics(operations·rate·factor + outputs·overhead)
///        + depth·latency + Σ bytes·rate
struct PhysicalCost {
  static constexpr std::size_t kParameters = 13;
  std::array<double, kParameters> parameters{};
};

/// One node of a tree; `feature` is −1 in a leaf. A value up to the threshold goes to `left`, any
/// other to `left` + 1.
struct TreeNode {
  std::int32_t feature = -1;
  double threshold = 0.0;
  std::int32_t left = 0;
  double value = 0.0;
};
using Tree = std::vector<TreeNode>;

/// Sums of shallow trees, several ensembles of different seeds.
struct TreeEnsembles {
  std::vector<std::vector<Tree>> ensembles;
};

/// A Gaussian process with a Matérn 3/2 and a linear kernel over standardised features.
struct ProcessModel {
  /// Of each feature; a feature that was constant has scale 0 and is left out.
  std::vector<double> center;
  std::vector<double> scale;
  std::vector<double> length;
  double signal = 0.0;
  double linear = 0.0;
  double noise = 0.0;
  /// Standardised, row by row; as many weights as rows.
  std::vector<double> rows;
  std::vector<double> weights;
};

/// Logarithm of one cost of one kind of layers.
struct TargetModel {
  /// Absent: `mean` stands in its place.
  std::optional<PhysicalCost> base;
  double mean = 0.0;
  TreeEnsembles trees;
  /// One of the layer as a product of matrices, one of its dimensions as they stand.
  std::array<ProcessModel, 2> processes;
  /// Of the trees in the mean of all, 0 to 1; the processes share the rest.
  double tree_share = 0.0;
  /// Added by calibration for another board: one factor, and what is left over besides.
  double shift = 0.0;
  std::optional<ProcessModel> correction;
};

/// Whether the model's parts look at as many features as this program computes of that kind of
/// layers: those of a file that another version wrote may not.
bool fits_features(const TargetModel& model, WorkKind kind);

/// What was seen in training; beyond it a model is not asked.
struct TrainingRange {
  /// Least and greatest of rows, columns and depth of the matrix product, and of bytes.
  std::array<double, 4> least{};
  std::array<double, 4> greatest{};
  /// Height and width of kernel, stride and dilation, as they occurred together.
  std::vector<std::array<std::int64_t, 6>> windows;
  bool has_groups = false;
  bool has_depthwise = false;
};

/// Half-widths of intervals, as logarithms a unit of local scale; absent where nothing could be
/// held out.
struct IntervalScales {
  std::optional<double> seconds;
  std::optional<double> watts;
  std::optional<double> joules;
};

/// The models of one kind of layers in one precision.
struct KindModel {
  WorkKind kind = WorkKind::kConvolution;
  std::string precision;
  std::int64_t rows = 0;
  std::int64_t networks = 0;
  TrainingRange range;
  TargetModel seconds;
  /// Absent where no power was told apart.
  std::optional<TargetModel> watts;
  IntervalScales intervals;
};

struct CostModel {
  std::vector<KindModel> kinds;
};

struct CostModelOptions {
  std::uint64_t seed = 42;
  std::size_t trees = 250;
  std::size_t ensembles = 3;
};

/// A prediction, or why there is none.
struct LayerPrediction {
  std::optional<double> seconds;
  /// Above idle.
  std::optional<double> watts;
  /// Logarithmic scales of their errors, which intervals multiply.
  double seconds_scale = 0.0;
  double watts_scale = 0.0;
  /// What a sum over layers adds up: a little more than what is told of one layer alone, since
  /// what their powers scatter each for itself makes up for each other.
  std::optional<double> summed_joules;
  /// Empty where there is a prediction of the run time.
  std::string refusal;
};

/// Learns from the samples. Kinds with fewer than four rows of one precision are left out. Without
/// intervals: validate_cost_model() gives them. kUnknowable: nothing to learn from.
Result<CostModel> fit_cost_model(std::span<const LayerSample> samples,
                                 const CostModelOptions& options);

LayerPrediction predict_layer(const CostModel& model, const LayerWork& work);

/// The model that a layer belongs to; nullptr where none was taught. A precision that is not known
/// on one side fits the only one on the other.
const KindModel* find_kind(const CostModel& model, const LayerWork& work);

TrainingRange range_of(std::span<const LayerWork* const> works);
/// Why the layer lies outside of what was taught; empty where it does not.
std::string outside_of_range(const TrainingRange& range, const LayerWork& work);

}  // namespace layerwatt
