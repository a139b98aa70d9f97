#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "layerwatt/simulation/bent_readings.h"

namespace layerwatt::accuracy {

/// What came of one recording that something was wrong with.
struct BentScore {
  Bend bend = Bend::kNone;
  /// The sensor was declared to be another than it was.
  bool wrongly_declared = false;
  /// A total with an interval was told; its error, relative, and whether the interval held.
  bool told = false;
  double error = 0.0;
  bool covered = false;
  /// Layers with an interval, and those of them whose interval held.
  std::int64_t intervals = 0;
  std::int64_t held = 0;
};

/// Recording `number`: network, sensor's settings, length, kind of bend, idle power measured apart
/// or not, all drawn at random; half of them with another sensor declared than recorded.
BentScore score_bent(std::int64_t number, std::uint64_t seed);

/// One line a kind of bend, and one for all.
void print_bent(const std::vector<BentScore>& scores, std::ostream& out);

}  // namespace layerwatt::accuracy
