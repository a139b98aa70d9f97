#include "attribution/model/busy_time.h"

#include <algorithm>

namespace layerwatt {

std::vector<Stretch> busy_stretches(const LoadPieces& load) {
  std::vector<Stretch> busy;
  for (const LoadPiece& piece : load.pieces) {
    if (!busy.empty() && piece.begin - busy.back().end <= load.idle_gap) {
      busy.back().end = std::max(busy.back().end, piece.end);
    } else {
      busy.push_back({piece.begin, piece.end});
    }
  }
  return busy;
}

std::vector<Stretch> idle_stretches(std::span<const Stretch> busy, double begin, double end,
                                    double settle) {
  std::vector<Stretch> idle;
  double from = begin;
  const auto add = [&](double to) {
    const Stretch stretch{from, std::min(to, end)};
    if (stretch.length() > 0.0) idle.push_back(stretch);
  };
  for (const Stretch& stretch : busy) {
    add(stretch.begin);
    from = std::max(from, stretch.end + settle);
  }
  add(end);
  return idle;
}

}  // namespace layerwatt
