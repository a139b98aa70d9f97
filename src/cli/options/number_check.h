#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>

namespace layerwatt::cli {

// CLI11's own checks name the largest double as the upper limit, in 300 digits.

/// Refuses what is no number or below `least`.
CLI::Validator at_least(double least);
/// Refuses what is no whole number, below `least`, or too large to be one.
CLI::Validator whole_number(std::int64_t least);
/// Refuses what is no number, 0 or below.
CLI::Validator above_zero();

}  // namespace layerwatt::cli
