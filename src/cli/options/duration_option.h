#pragma once

#include <optional>
#include <string>

#include "layerwatt/core/number_range.h"
#include "layerwatt/core/units.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// An option that takes a duration of the range as parse_duration() does.
Option* add_duration(App& app, const std::string& names, std::optional<Duration>& to,
                     const std::string& description, const NumberRange& range = ranges::kDuration);

}  // namespace layerwatt::cli
