#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/units.h"

namespace layerwatt {

/// "120", "1.5s", "1ms", "500us", "250ns", "2min", "1.5h"; a plain number is seconds. Nullopt for
/// anything else, and for what is negative or longer than a century.
std::optional<Duration> parse_duration(std::string_view text);

/// For people, to the second: "45 s", "3 min 20 s", "2 h 05 min".
std::string format_duration(Duration duration);

}  // namespace layerwatt
