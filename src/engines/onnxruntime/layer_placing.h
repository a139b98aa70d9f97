#pragma once

#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/engines/engine.h"

#include "engines/tensorrt/tensorrt_seam.h"

namespace layerwatt::trt {

/// Collects what IProfiler calls back with, pass by pass. Layers are kept by their place within a
/// pass, not by name: names repeat. The callback's time is worth nothing, and is not taken.
class LayerCollector final : public Profiler {
 public:
  LayerCollector() { durations_.reserve(1024); }

  void layer(const char* name, float milliseconds) noexcept override;

  /// Ends a pass that the GPU computed from `start` to `end`, and lays its layers back to back
  /// before the end. Layers that take longer than the pass are scaled to it. False: other layers
  /// than in the first pass, or none.
  bool finish_pass(Instant start, Instant end, std::vector<LayerTime>& out);

  /// Of the first pass, in order.
  const std::vector<std::string>& names() const { return names_; }
  /// Time of passes that their layers do not account for: gaps, the profiler's own events. Of all
  /// passes together; negative where layers took longer.
  Duration residual() const { return residual_; }
  Duration computed() const { return computed_; }

 private:
  std::vector<std::string> names_;
  std::vector<Duration> durations_;
  bool first_ = true;
  bool consistent_ = true;
  Duration residual_{0};
  Duration computed_{0};
};

}  // namespace layerwatt::trt
