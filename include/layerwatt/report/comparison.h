#pragma once

#include <optional>
#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/core/result.h"

namespace layerwatt {

/// From one value to another.
struct Change {
  double before = 0.0;
  double after = 0.0;
  /// after − before, and the interval of that difference where both values have one: half-widths
  /// add in quadrature, as the errors of two recordings are independent.
  double difference = 0.0;
  std::optional<double> half_width;

  /// difference / before; absent where `before` is not positive.
  std::optional<double> relative() const;
  /// Whether the interval leaves zero out; absent without an interval.
  std::optional<bool> is_significant() const;
};

/// How the layers of a row were found to be the same.
enum class MatchedBy {
  kName,
  kOrigin,    ///< they do the work of the same nodes of the model, fused otherwise
  kPosition,  ///< no name in common: the same place between matched neighbours, and the same type
  kNothing,   ///< in one of the profiles alone
};

std::string_view to_string(MatchedBy matched);

struct ComparedLayer {
  /// Rows of the two profiles; absent where the layer is in one of them alone.
  std::optional<std::size_t> before;
  std::optional<std::size_t> after;
  /// Further rows, matched by origin: what one engine fuses may be several layers in another.
  std::vector<std::size_t> more_before;
  std::vector<std::size_t> more_after;
  MatchedBy matched = MatchedBy::kNothing;
  /// In joules of one execution; absent where one of them is not known.
  std::optional<Change> energy;
  /// In watts.
  std::optional<Change> power;
  /// Median run time in seconds.
  std::optional<Change> run_time;
};

/// A profile against another, the first being the one to be measured by.
struct Comparison {
  std::vector<ComparedLayer> layers;
  /// Joules and seconds of one pass.
  std::optional<Change> pass_energy;
  std::optional<Change> pass_time;
  /// What makes the two hard to compare (different methods or schedules, virtual power), each a
  /// sentence.
  std::vector<std::string> warnings;
};

/// Matches layers by name, in order, then by the model's nodes whose work they do (Layer::origins,
/// or a name as TensorRT joins them, "conv1 + relu1"), then by position. Layers of equal names are
/// matched in their order. Of several layers against one, energies and run times are sums, and so
/// are half-widths: errors of neighbours in one recording are not independent.
Comparison compare_profiles(const LayerProfile& before, const LayerProfile& after);

/// Whether a pass got worse by more than `limit` (0.05 is 5 %): in energy where both profiles know
/// it, else in run time. A change whose interval holds zero is not worse. kUnknowable where neither
/// is known.
Result<bool> is_worse(const Comparison& comparison, double limit);

}  // namespace layerwatt
