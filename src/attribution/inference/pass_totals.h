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
PassTotal layered_pass(const LoadPieces& load, Schedule schedule,
                       const std::vector<RunTimeStats>& times);

/// A pass of those without a layer profiler, beside passes whose layers were recorded; nullopt
/// where there are none, or nothing else.
std::optional<PassTotal> plain_pass(const LoadPieces& load);

/// What the profiler does to a pass, where mean run times with and without it differ by more than
/// passes scatter.
class ProfilerEffect {
 public:
  /// `look` is of the executions that follow, and kept by reference.
  ProfilerEffect(Schedule schedule, const TimelineLook& look)
      : is_whole_(schedule == Schedule::kWhole), look_(look) {}
  void add(const Execution& execution);
  /// Empty where they do not differ.
  std::string in_words() const;

 private:
  bool is_whole_;
  const TimelineLook& look_;
  /// Seconds of passes.
  std::vector<double> with_;
  std::vector<double> without_;
};

}  // namespace layerwatt
