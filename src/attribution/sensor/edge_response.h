#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attribution/model/busy_time.h"

namespace layerwatt {

/// How readings go from one level of the load to another.
enum class MemoryKind {
  kNone,         ///< at once, as far as the readings can show
  kExponential,  ///< first-order filter, `seconds` its time constant
  kMean,         ///< mean over the last `seconds`
};

/// What a kind of memory leaves of the readings about the edges of the load.
struct MemoryFit {
  MemoryKind kind = MemoryKind::kNone;
  double seconds = 0.0;
  /// Standard error of `seconds`, relative.
  double relative_error = 0.0;
  /// Natural logarithm of the likelihood, up to a constant that all fits to the same edges share.
  double log_likelihood = 0.0;
};

/// The fits of all kinds to one recording's edges.
struct EdgeResponse {
  MemoryFit none;
  MemoryFit exponential;
  MemoryFit mean;
  /// The best of those within `EdgeQuestion::expected`, where that was asked for.
  std::optional<MemoryFit> expected;
  /// Readings that they were fitted to.
  std::size_t readings = 0;
  std::size_t edges = 0;
};

/// Memories that a declared sensor may have.
struct ExpectedMemory {
  MemoryKind kind = MemoryKind::kNone;
  /// The shortest and the longest.
  double least = 0.0;
  double most = 0.0;
};

/// A recording whose edges are asked for.
struct EdgeQuestion {
  std::span<const double> seconds;
  std::span<const double> watts;
  std::span<const Stretch> busy;
  /// The load is the same from pass to pass: rises into it are used too, not its ends alone.
  bool is_even = true;
  /// Length of a pass, over which what the load drew before an edge is averaged.
  double pass_seconds = 0.0;
  std::optional<ExpectedMemory> expected;
  /// What stands before an edge is what the last readings showed, which a filter goes on from
  /// whatever ran, and not what the load drew over some passes.
  bool from_last_readings = false;
};

/// Fits how readings follow the load where it begins and ends. The noise of each edge is what its
/// best fit leaves, its correlation counted.
///
/// Nullopt where no edge has five readings behind it and some before.
std::optional<EdgeResponse> fit_edges(const EdgeQuestion& question);

}  // namespace layerwatt
