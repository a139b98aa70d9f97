#pragma once

#include "attribution/fit/fine_fit.h"
#include "attribution/inference/grouping.h"
#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// Chooses how repeats relate to first executions: as equal, unless both the likelihood and what
/// one part of the recording says of the others are clearly better where they differ. To let them
/// differ costs precision: what first executions draw hangs on fewer of them then.
///
/// `grouping`: as for equal repeats, with its usual power. Returns it with the spread of repeats
/// about first executions that the recording tells, 0 for none.
Grouping choose_repeats(const FineFit& fit, const LoadPieces& load, Grouping grouping);

}  // namespace layerwatt
