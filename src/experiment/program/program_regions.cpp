#include "experiment/program/program_regions.h"

#include <algorithm>
#include <utility>

namespace layerwatt {
namespace {

/// As the solver has it: longer, and the board falls idle.
constexpr Duration kLongestGap = std::chrono::milliseconds(50);
/// Before the first region and behind the last, less than this tells nothing of what it draws, and
/// would only blur its neighbour.
constexpr Duration kShortestEnd = std::chrono::milliseconds(2);

/// Parts of the time: outside of regions and of combinations, of everything; of what is left of a
/// region alone, of all of that region.
constexpr double kLeastOutside = 0.03;
constexpr double kLeastCombination = 0.005;
constexpr double kLeastOfRegion = 0.01;

double seconds_of(const MarkedRegion& region) {
  double sum = 0.0;
  for (const MarkedRegion::Span& span : region.instances) sum += to_seconds(span.end - span.start);
  return sum;
}

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
      const bool is_all = timeline.pieces.size() == 1;
      const Duration least = is_inside ? kLongestGap : kShortestEnd;
      const bool is_gap = !is_all && piece.end - piece.start <= least;
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

std::vector<Layer> ProgramRegions::leave_out_remnants(std::vector<Execution>& executions) const {
  if (!has_regions()) return layers_;
  std::vector<double> seconds(layers_.size(), 0.0);
  double all = 0.0;
  for (const Execution& execution : executions) {
    if (execution.segment == kWholePass) continue;
    const double time = to_seconds(execution.end - execution.start);
    seconds[static_cast<std::size_t>(execution.segment)] += time;
    all += time;
  }
  constexpr std::int32_t kLeftOut = -2;
  std::vector<std::int32_t> place(layers_.size(), kLeftOut);
  std::vector<Layer> kept;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto region = std::ranges::find(regions_, layers_[i].name, &MarkedRegion::name);
    const double least = region != regions_.end()      ? kLeastOfRegion * seconds_of(*region)
                         : layers_[i].type == "Region" ? kLeastCombination * all
                                                       : kLeastOutside * all;
    if (seconds[i] <= 0.0 || seconds[i] < least) continue;
    place[i] = static_cast<std::int32_t>(kept.size());
    kept.push_back(layers_[i]);
  }
  if (kept.empty()) return layers_;
  for (Execution& execution : executions) {
    if (execution.segment == kWholePass) continue;
    execution.segment = place[static_cast<std::size_t>(execution.segment)];
  }
  std::erase_if(executions, [](const Execution& e) { return e.segment == kLeftOut; });
  return kept;
}

}  // namespace layerwatt
