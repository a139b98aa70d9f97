#include "experiment/measure/table_precision.h"

namespace layerwatt {

std::optional<double> table_precision(const LayerProfile& profile) {
  double half_widths = 0.0;
  double energy = 0.0;
  for (const LayerProfileRow& row : profile.rows) {
    if (row.run_time.count == 0) continue;
    if (!row.energy) return std::nullopt;
    const double own = row.energy->value.value();
    energy += own;
    const bool has_interval = row.energy->low && row.energy->high;
    half_widths += has_interval ? 0.5 * (*row.energy->high - *row.energy->low).value() : own;
  }
  if (energy <= 0.0) return std::nullopt;
  return half_widths / energy;
}

}  // namespace layerwatt
