#pragma once

#include <span>
#include <vector>

#include "attribution/model/load_pieces.h"

namespace layerwatt {

/// A stretch of time, seconds from LoadPieces::origin.
struct Stretch {
  double begin = 0.0;
  double end = 0.0;

  double length() const { return end - begin; }
  bool holds(double t) const { return t >= begin && t < end; }
};

/// Where something ran without a pause longer than LoadPieces::idle_gap, in order, apart.
std::vector<Stretch> busy_stretches(const LoadPieces& load);

/// The idle stretches between and around `busy`, from `begin` to `end`, without the first `settle`
/// seconds after each busy one: until then a reading may still show the load. Empty ones are left
/// out.
std::vector<Stretch> idle_stretches(std::span<const Stretch> busy, double begin, double end,
                                    double settle);

}  // namespace layerwatt
