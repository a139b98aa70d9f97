#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/core/time.h"
#include "layerwatt/dataset/run_file.h"

namespace layerwatt {

/// A number of tegrastats that is no power, line by line.
struct FieldTrace {
  std::string name;
  std::string unit;
  /// Arrivals of the lines that have it, on the clock of power.npy.
  std::vector<Instant> when;
  std::vector<double> values;
};

/// The fields of these names (fields_of) in the lines that a recorder kept, in the order of
/// `names`. kNotFound where no line has one.
Result<std::vector<FieldTrace>> read_field_traces(const std::filesystem::path& lines,
                                                  const std::vector<std::string>& names);

/// Adds to the states before and after a run what its first and last line tell of temperatures and
/// clocks, where the system's own files told nothing under that name, and the memory in use to the
/// environment. Nothing where there are no lines.
void tell_tegrastats_state(const std::filesystem::path& lines, RunFile& run);

}  // namespace layerwatt
