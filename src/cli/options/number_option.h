#pragma once

#include "layerwatt/core/number_range.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// Refuses what is no number of the range: the parser's own checks let nan through. The help shows
/// limits that a person could meet.
Check in_range(const NumberRange& range);

/// Refuses what is no seed: the parser makes some number of anything that does not fit.
Check seed();

/// Refuses an empty text: a folder or file without a name is a variable of a script that was never
/// set, and would become the folder that one happens to stand in.
Check named();

}  // namespace layerwatt::cli
