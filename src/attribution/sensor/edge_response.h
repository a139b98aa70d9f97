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
  /// Readings that they were fitted to.
  std::size_t readings = 0;
  std::size_t edges = 0;
};

/// Fits how readings follow the load where it begins and ends: readings at `seconds`, of `watts`.
/// Falls into idle are used always, rises only where `is_even`: the load is the same from pass to
/// pass then. `pass_seconds`: length of a pass, over which what the load drew before an edge is
/// averaged. The noise of each edge is what its best fit leaves, its correlation counted.
///
/// Nullopt where no edge has five readings behind it and some before.
std::optional<EdgeResponse> fit_edges(std::span<const double> seconds,
                                      std::span<const double> watts, std::span<const Stretch> busy,
                                      bool is_even, double pass_seconds);

}  // namespace layerwatt
