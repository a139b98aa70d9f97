#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/prediction/cost_model.h"
#include "layerwatt/prediction/layer_sample.h"

namespace layerwatt {

/// How a kind of layers was moved to another board or power mode. Errors are RMSPE, a fraction; the
/// first of the model as it was, the second of the moved one on rows that were left out (fifths).
struct KindCalibration {
  WorkKind kind = WorkKind::kConvolution;
  std::string precision;
  std::int64_t rows = 0;
  /// Rows of which the power was told.
  std::int64_t powers = 0;
  /// Factor between the boards: the median of measured over predicted.
  double seconds_factor = 1.0;
  std::optional<double> watts_factor;
  double seconds_before = 0.0;
  std::optional<double> seconds_after;
  std::optional<double> watts_before;
  std::optional<double> watts_after;
  /// Whether launch floor and rates were fitted anew, beyond one factor.
  bool refitted = false;
};

struct Calibration {
  CostModel model;
  std::vector<KindCalibration> kinds;
};

/// Moves a model to the board that the samples were measured on, and keeps what it learnt of how
/// layers differ: one factor from a few rows; from ten on launch floor and rates as well, where
/// rows that were left out say that this is better; from a hundred on a process on what is left.
/// Kinds without a row are dropped: nothing is known of them there. Layers that the model refuses
/// do not count. kUnknowable: no row that the model knows.
Result<Calibration> calibrate_cost_model(const CostModel& model,
                                         std::span<const LayerSample> samples,
                                         const CostModelOptions& options);

}  // namespace layerwatt
