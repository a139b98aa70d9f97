#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/time.h"
#include "layerwatt/recording/region_marks.h"

namespace layerwatt {

/// A stretch in which the same regions were open.
struct RegionPiece {
  /// Index into RegionTimeline::segments; kOutsideRegions.
  std::int32_t segment = 0;
  Instant start;
  Instant end;
};
inline constexpr std::int32_t kOutsideRegions = -1;

/// One region from its begin to its end, whatever ran inside it.
struct RegionInstance {
  /// Index into RegionMarks::names.
  std::uint32_t region = 0;
  Instant start;
  Instant end;
  /// Regions that were open around it in its lane.
  std::uint32_t depth = 0;
  std::uint32_t lane = 0;
  /// Others began inside it.
  bool holds_others = false;
  /// Its end was never marked: it is taken to end with the span.
  bool is_cut = false;
};

/// The span of a program, parted by its regions.
struct RegionTimeline {
  /// What ran as one: a region, without the stretches that belong to regions inside it; what ran at
  /// once in several lanes is a segment of its own ("head + loader", "worker ×2"), for one board
  /// has one power.
  std::vector<std::string> segments;
  /// Without gaps from the span's begin to its end, none of them empty.
  std::vector<RegionPiece> pieces;
  /// By their begin.
  std::vector<RegionInstance> instances;
  /// What a reader must know (marks lost, never ended, ended before they began, regions that
  /// cross), each a sentence.
  std::vector<std::string> notes;
};

/// Parts the span from `begin` to `end` by marks. Marks before it are moved to its begin, those
/// after it (of what a program left running) are left out. A region
/// that ends while others that began inside it are open (regions that cross) ends, and they stay
/// open. Time and memory grow with the marks.
RegionTimeline part_by_regions(const RegionMarks& marks, Instant begin, Instant end);

/// Which pass each instant belongs to where nobody else says it: in the lane that marked first a
/// pass ends where an outermost region begins that the pass has already had. Begins of passes, in
/// order; the first is `begin`.
std::vector<Instant> passes_of(const RegionTimeline& timeline, Instant begin);

}  // namespace layerwatt
