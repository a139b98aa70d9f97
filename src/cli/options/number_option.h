#pragma once

#include <CLI/App.hpp>

#include "layerwatt/core/number_range.h"

namespace layerwatt::cli {

/// Refuses what is no number of the range: CLI11's own checks let nan through. The help shows
/// limits that a person could meet.
CLI::Validator in_range(const NumberRange& range);

/// Refuses what is no seed: CLI11 makes some number of anything that does not fit.
CLI::Validator seed();

/// Refuses an empty text: a folder or file without a name is a variable of a script that was never
/// set, and would become the folder that one happens to stand in.
CLI::Validator named();

}  // namespace layerwatt::cli
