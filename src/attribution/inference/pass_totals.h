#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/timeline.h"

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// One pass as a sum over columns of the load: seconds that each was on, and all of them together.
struct PassTotal {
  Eigen::VectorXd seconds;
  double time = 0.0;
  double gap_time = 0.0;
};

/// The pass that the rows of a profile add up to: of recorded passes with layers for `whole` (of
/// all where no layer has a place), else one execution of each layer with its share of gaps.
PassTotal layered_pass(const LoadPieces& load, const Timeline& timeline,
                       const std::vector<RunTimeStats>& times);

/// A pass of those without a layer profiler, beside passes whose layers were recorded; nullopt
/// where there are none, or nothing else.
std::optional<PassTotal> plain_pass(const LoadPieces& load);

/// What the profiler does to a pass, where mean run times with and without it differ by more than
/// passes scatter; empty where they do not.
std::string profiler_effect(const Timeline& timeline);

}  // namespace layerwatt
