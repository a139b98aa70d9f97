#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/core/units.h"
#include "layerwatt/dataset/raw_dataset.h"

namespace layerwatt {

/// A region as it was marked, each time with what ran inside it.
struct MarkedRegion {
  struct Span {
    Instant start;
    Instant end;
  };
  std::string name;
  std::vector<Span> instances;
  /// Other regions began inside it at least once.
  bool holds_others = false;
};

/// What one region costs, each time that it runs.
struct RegionResult {
  std::string name;
  std::int64_t count = 0;
  /// Mean.
  Duration time{0};
  bool holds_others = false;
  /// Above idle power. Absent: not known, and `reason` says why.
  std::optional<Estimate<Joules>> energy;
  LayerStatus status = LayerStatus::kUnresolved;
  /// Why it is merged, unresolved, or has no interval, in a sentence.
  std::string reason;
};

/// Of regions that hold no others, what the solver says of the layer of that name. Of those that
/// do, what the readings say between their begins and ends, less idle power, with an interval by
/// Student's t over their instances.
std::vector<RegionResult> results_of_regions(const std::vector<MarkedRegion>& regions,
                                             const LayerProfile& profile,
                                             const Recording& recording);

}  // namespace layerwatt
