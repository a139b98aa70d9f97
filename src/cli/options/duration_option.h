#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/units.h"

namespace layerwatt::cli {

/// An option that takes a duration as parse_duration() does.
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description);

}  // namespace layerwatt::cli
