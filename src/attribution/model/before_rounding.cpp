#include "attribution/model/before_rounding.h"

#include <algorithm>
#include <limits>

namespace layerwatt {

BeforeRounding before_rounding(std::span<const double> shown, std::span<const double> expected,
                               double step, double scatter) {
  const auto n = static_cast<double>(shown.size());
  double highest = std::numeric_limits<double>::infinity();
  double lowest = -highest;
  double mean_shown = 0.0;
  double mean_expected = 0.0;
  for (std::size_t k = 0; k < shown.size(); ++k) {
    const double off = shown[k] - expected[k];
    highest = std::min(highest, off + 0.5 * step);
    lowest = std::max(lowest, off - 0.5 * step);
    mean_shown += shown[k] / n;
    mean_expected += expected[k] / n;
  }
  const double uniform = step * step / 12.0;
  BeforeRounding found;
  // Bounds of all readings at once cross where the power scattered over a step's edge.
  const double width = highest - lowest;
  if (width < -step) {
    found.power = mean_shown;
    found.variance = (uniform + width * width / 12.0) / n + scatter * scatter;
    return found;
  }
  found.power = mean_expected + 0.5 * (highest + lowest);
  found.variance = width * width / 12.0 + scatter * scatter;
  const auto [least, most] = std::ranges::minmax(shown);
  found.stands_still = most - least < 0.5 * step;
  return found;
}

}  // namespace layerwatt
