#pragma once

#include <optional>
#include <span>
#include <vector>

#include "layerwatt/core/timeline.h"
#include "layerwatt/simulation/virtual_board.h"

namespace layerwatt {

/// Says of a weighing run whose power is made afterwards when its layers are known well enough: now
/// and then the virtual sensor is asked what it would have shown so far, which is solved as it will
/// be in the end. That takes a second or so in which the network rests; such rests stand in the
/// timeline, as idle.
class VirtualPrecision {
 public:
  struct Settings {
    VirtualBoard board;
    std::uint64_t seed = 1;
    /// Idle time that the recording begins with.
    Duration lead{0};
    std::vector<Layer> layers;
    /// The relative half-width at which the run may end.
    double target = 0.03;
  };

  explicit VirtualPrecision(Settings settings);

  /// The executions of one block.
  void add_block(std::span<const Execution> executions);
  /// True once the target is reached.
  bool reached();
  /// As last estimated.
  std::optional<double> relative_half_width() const { return estimate_; }

 private:
  std::optional<double> estimate() const;

  Settings settings_;
  Timeline timeline_;
  std::size_t blocks_ = 0;
  Instant next_look_ = Instant::min();
  std::optional<double> estimate_;
};

}  // namespace layerwatt
