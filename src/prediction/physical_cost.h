#pragma once

#include <span>
#include <vector>

#include "layerwatt/prediction/cost_model.h"

#include "prediction/shape_terms.h"

namespace layerwatt::prediction {

/// The logarithm of the cost.
double log_cost(const PhysicalCost& cost, const LayerWork& work);

/// Robust least squares on logarithms (loss 2(√(1 + r²) − 1) of r in units of 0.2), with weak
/// priors around rates that follow from the data's medians. Precondition: as many targets as works,
/// at least one.
PhysicalCost fit_physical_cost(std::span<const LayerWork* const> works,
                               std::span<const double> log_targets);

/// The same around the rates of another board, all slower by `shift` (a logarithm): for few rows.
/// Rates may differ by a factor of two or so from each other, tactics hardly.
PhysicalCost refit_physical_cost(const PhysicalCost& other, double shift,
                                 std::span<const LayerWork* const> works,
                                 std::span<const double> log_targets);

}  // namespace layerwatt::prediction
