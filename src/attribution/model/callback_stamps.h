#pragma once

#include "layerwatt/core/timeline.h"

namespace layerwatt {

/// Whether it takes a look at the executions to know what are_callback_stamps() says, or to lay
/// them.
inline bool may_be_callback_stamps(const Timeline& timeline) {
  return timeline.stamps == StampSource::kCallback || timeline.stamps == StampSource::kUnknown;
}

/// Whether the stamps of a timeline are times at which a profiler called back after the pass rather
/// than ends of layers: distances between successive stamps do not follow the layers' run times.
/// Timelines that say how they were measured are believed.
bool are_callback_stamps(const Timeline& timeline);

/// The timeline as callbacks allow to lay it: in each pass the layers stand in the order of their
/// stamps, `gap` apart, the last ending at the pass's first stamp. How long before that it really
/// ended is a lag, which the sensor's clock takes up.
Timeline laid_by_callbacks(const Timeline& timeline, Duration gap);

}  // namespace layerwatt
