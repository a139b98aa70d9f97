#pragma once

#include <CLI/App.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "layerwatt/core/units.h"

namespace layerwatt::cli {

/// "120", "1.5s", "1ms", "500us", "250ns", "2min"; a plain number is seconds. Nullopt for anything
/// else, and for what is negative or longer than a century.
std::optional<Duration> parse_duration(std::string_view text);

/// An option that takes such a duration.
CLI::Option* add_duration(CLI::App& app, const std::string& names, std::optional<Duration>& to,
                          const std::string& description);

}  // namespace layerwatt::cli
