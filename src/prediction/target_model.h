#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "layerwatt/prediction/cost_model.h"

namespace layerwatt::prediction {

/// What a target model starts from before its residual is learnt.
enum class Base {
  kPhysics,  ///< PhysicalCost: run times
  kMean,     ///< powers, which differ little between layers
};

/// Learns the logarithm of a cost. Precondition: as many works as targets, at least four.
TargetModel fit_target(std::span<const LayerWork* const> works, std::span<const double> log_target,
                       Base base, const CostModelOptions& options);

struct TargetPrediction {
  double log_value = 0.0;
  /// Expected size of its error, at least 3 %.
  double scale = 0.0;
  /// The part of it that layers scatter each for itself.
  double noise = 0.0;
};
TargetPrediction predict_target(const TargetModel& model, const LayerWork& work);

}  // namespace layerwatt::prediction
