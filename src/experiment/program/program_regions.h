#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer.h"
#include "layerwatt/core/timeline.h"
#include "layerwatt/experiment/region_result.h"
#include "layerwatt/recording/region_timeline.h"

namespace layerwatt {

/// Where a span's executions go.
struct SpanPlace {
  std::int32_t pass = 0;
  /// The layer that time outside of regions belongs to; absent: to none.
  std::optional<std::int32_t> outside;
  /// Before the names of regions, where several programs have theirs ("A: ").
  std::string prefix;
};

/// Turns the regions of one span after another into layers and executions.
class ProgramRegions {
 public:
  /// `layers`: those that are no regions, the first of the timeline.
  explicit ProgramRegions(std::vector<Layer> layers) : layers_(std::move(layers)) {}

  /// The executions of the span, in order. A pause between regions of up to 50 ms is a gap, as
  /// between the layers of a network; a longer one, and what stands before the first region and
  /// behind the last, belongs to the layer outside, unless it is shorter than 2 ms.
  std::vector<Execution> add(const RegionMarks& marks, const RegionTimeline& timeline,
                             const SpanPlace& place);
  /// Once all spans are added: what is too short a part to be told by any sensor, and would only
  /// blur its neighbours, becomes a gap like other pauses. That is time outside of regions, and
  /// combinations of regions, of some per cent of the whole, and of a region that holds others, or
  /// runs beside others, what is left of it alone. `executions`: of the same timeline; layers that
  /// are left without any go. The timeline's layers.
  std::vector<Layer> leave_out_remnants(std::vector<Execution>& executions) const;
  /// Has any region been?
  bool has_regions() const { return !regions_.empty(); }
  const std::vector<Layer>& layers() const { return layers_; }
  /// What each region is: names, counts and times, and every instance.
  const std::vector<MarkedRegion>& regions() const { return regions_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::int32_t layer_of(const std::string& name);
  void add_instances(const RegionMarks& marks, const RegionTimeline& timeline,
                     const SpanPlace& place);

  std::vector<Layer> layers_;
  std::map<std::string, std::int32_t> known_layers_;
  std::vector<MarkedRegion> regions_;
  std::map<std::string, std::size_t> known_regions_;
  std::vector<std::string> notes_;
};

}  // namespace layerwatt
