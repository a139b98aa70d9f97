#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// The value of a profile's column in a row as people read it: "1.20 W", "12.3 %", "30,000",
/// "1×64×55×55"; "–" for a number that is not known, empty for a text that is none.
std::string profile_cell(const LayerProfile& profile, std::size_t row, std::string_view column);

/// The same, with the prefix of the unit and without its interval: "1.20 W … 1.31 W" of the columns
/// `low` and `high`, with `between` between them; empty without an interval.
std::string profile_interval(const LayerProfile& profile, std::size_t row, std::string_view low,
                             std::string_view high, std::string_view between);

}  // namespace layerwatt
