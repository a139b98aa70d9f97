#include "experiment/program/program_regions.h"

#include <algorithm>
#include <utility>

namespace layerwatt {
namespace {

/// As the solver has it: longer, and the board falls idle.
constexpr Duration kLongestGap = std::chrono::milliseconds(50);

}  // namespace

std::int32_t ProgramRegions::layer_of(const std::string& name) {
  const auto [found, is_new] =
      known_layers_.try_emplace(name, static_cast<std::int32_t>(layers_.size()));
  if (!is_new) return found->second;
  Layer layer;
  layer.name = name;
  const bool is_taken =
      std::ranges::any_of(layers_, [&](const Layer& other) { return other.name == name; });
  if (is_taken) layer.name += " (region)";
  layer.type = "Region";
  layer.parameter_type = "Region";
  layers_.push_back(std::move(layer));
  return found->second;
}

void ProgramRegions::add_instances(const RegionMarks& marks, const RegionTimeline& timeline,
                                   const SpanPlace& place) {
  for (const RegionInstance& instance : timeline.instances) {
    const std::string name = place.prefix + marks.names[instance.region];
    const auto [found, is_new] = known_regions_.try_emplace(name, regions_.size());
    if (is_new) {
      regions_.emplace_back();
      const auto layer = known_layers_.find(name);
      // By its layer's name, which a program of the same name may have changed.
      regions_.back().name = layer == known_layers_.end()
                                 ? name
                                 : layers_[static_cast<std::size_t>(layer->second)].name;
    }
    MarkedRegion& region = regions_[found->second];
    region.instances.push_back({instance.start, instance.end});
    region.holds_others = region.holds_others || instance.holds_others;
  }
}

std::vector<Execution> ProgramRegions::add(const RegionMarks& marks, const RegionTimeline& timeline,
                                           const SpanPlace& place) {
  std::vector<Execution> executions;
  for (std::size_t i = 0; i < timeline.pieces.size(); ++i) {
    const RegionPiece& piece = timeline.pieces[i];
    Execution execution;
    execution.pass = place.pass;
    execution.start = piece.start;
    execution.end = piece.end;
    if (piece.segment != kOutsideRegions) {
      execution.segment =
          layer_of(place.prefix + timeline.segments[static_cast<std::size_t>(piece.segment)]);
    } else {
      const bool is_inside = i > 0 && i + 1 < timeline.pieces.size();
      const bool is_gap = is_inside && piece.end - piece.start <= kLongestGap;
      if (is_gap || !place.outside) continue;
      execution.segment = *place.outside;
    }
    executions.push_back(execution);
  }
  add_instances(marks, timeline, place);
  for (const std::string& note : timeline.notes) {
    // The same of every repeat is told once.
    if (std::ranges::find(notes_, note) == notes_.end() && notes_.size() < 20) {
      notes_.push_back(note);
    }
  }
  return executions;
}

}  // namespace layerwatt
