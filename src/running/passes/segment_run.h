#pragma once

#include "layerwatt/core/result.h"

#include "running/passes/run_state.h"
#include "running/passes/segment_sessions.h"

namespace layerwatt {

/// The phase kSegments: runs the segments as the plan's schedule says, with a stamp before and
/// after each. Appends executions and fills RunOutcome::isolated. Under `isolated` each segment is
/// a block and a pass; under `weighing` a pass runs all segments in order, each as often as its
/// block says.
Result<void> run_segments(RunState& state, SegmentSessions& segments);

}  // namespace layerwatt
