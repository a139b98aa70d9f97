#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>

#include "layerwatt/core/number_range.h"
#include "layerwatt/core/units.h"

namespace layerwatt::cli {

/// An option that takes a duration of the range as parse_duration() does.
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description,
                          const NumberRange& range = ranges::kDuration);

}  // namespace layerwatt::cli
