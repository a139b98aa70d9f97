#pragma once

#include <Eigen/Dense>

#include "attribution/model/common_gain.h"

namespace layerwatt {

/// Adds to `prior` what is known beforehand of a gain whose knots' columns begin at `first`: that
/// it stands still, unless (where it `may_move`) the likelihood says clearly that powers move
/// together. `products`: those of the data, the reading last, as `prior`.
void expect_gain(const CommonGain& gain, int first, bool may_move, const Eigen::MatrixXd& products,
                 Eigen::MatrixXd& prior);

}  // namespace layerwatt
