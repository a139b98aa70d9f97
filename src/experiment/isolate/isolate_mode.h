#pragma once

#include "layerwatt/core/result.h"
#include "layerwatt/experiment/isolate_options.h"
#include "layerwatt/sensors/board.h"

namespace layerwatt {

/// kInvalidArgument for a label that is no name of a folder.
Result<void> check_mode_label(const IsolateOptions& options);
/// kInvalidArgument for a --mode that the machine is not in, or that is no name of a folder.
Result<void> check_mode(const IsolateOptions& options, const Board& board);

}  // namespace layerwatt
