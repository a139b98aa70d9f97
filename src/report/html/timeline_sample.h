#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// A part of a timeline that a page can hold.
struct TimelineSample {
  /// Every pass, or evenly chosen ones where there are too many.
  std::vector<Instant> pass_start;
  std::vector<Instant> pass_end;
  /// Executions of layers in the kept passes, in order of start.
  std::vector<Execution> executions;
  /// The contiguous run of kept passes around the middle of the recording.
  Instant middle_start;
  Instant middle_end;
  /// What was left out, a sentence; empty where nothing was.
  std::string thinned;
};

/// Keeps the layers of passes at the beginning, at the end, spread over the recording, and a
/// contiguous run around its middle, `max_executions` in all; and the extents of at most
/// `max_passes` passes.
TimelineSample sample_timeline(const Timeline& timeline, std::size_t max_passes,
                               std::size_t max_executions);

}  // namespace layerwatt
