#pragma once

#include <optional>
#include <ostream>
#include <string_view>

#include "layerwatt/core/layer_profile.h"
#include "layerwatt/report/text_table.h"

namespace layerwatt {

/// Order of the rows; all but kOrder put the largest first, and layers without a value last.
enum class LayerSort { kOrder, kEnergy, kPower, kTime };

/// "order", "energy", "power", "time".
std::optional<LayerSort> parse_layer_sort(std::string_view name);

/// Prints a layer profile for people: what it is of, a row a layer (type, shape, runs, median and
/// 95th percentile of run time, power, energy, share; intervals and status where the profile has
/// them), totals, and the notes. Says in plain words if the power was synthesised.
void print_layer_table(std::ostream& out, const LayerProfile& profile, LayerSort sort,
                       const TableStyle& style);

}  // namespace layerwatt
