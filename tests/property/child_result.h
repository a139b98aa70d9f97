#pragma once

#include <array>
#include <filesystem>

#include "layerwatt/attribution/solve.h"

namespace layerwatt::testing {

/// What a recording's mapping came to, as a process hands it to the one that started it.
struct MapResult {
  bool is_error = false;
  /// A total with an interval.
  bool is_told = false;
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
  /// A number that is none, or an interval that does not hold its own value.
  bool has_bad_number = false;
  /// A layer without power, or a recording without total, of which nothing says why.
  bool has_no_reason = false;
  /// The error, or notes and reasons; cut off.
  std::array<char, 6000> words{};
};

/// A process that mapped one folder and ended.
struct ChildOutcome {
  MapResult result;
  /// It ended by itself and handed over a result.
  bool is_whole = false;
  int signal = 0;
  /// Processor time, and most memory beyond that of the parent.
  double seconds = 0.0;
  double megabytes = 0.0;
};

/// Maps the dataset in `raw` as `map --method solve` does, in a process of its own that may take
/// `most_seconds` of processor time and `most_megabytes` of address space.
ChildOutcome map_in_child(const std::filesystem::path& raw, const SolveOptions& options,
                          double most_seconds, double most_megabytes);

}  // namespace layerwatt::testing
