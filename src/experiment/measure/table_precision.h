#pragma once

#include <optional>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// How well the table of a profile knows its layers: half-widths of their energies, added up, over
/// the energy of all. A merged layer, whose own part is a guess, counts with all of its energy.
/// Absent where a layer that ran is not known at all.
std::optional<double> table_precision(const LayerProfile& profile);

}  // namespace layerwatt
