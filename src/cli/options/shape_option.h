#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace layerwatt::cli {

using Shapes = std::vector<std::vector<std::int64_t>>;

/// Shapes from words: plain numbers are the dimensions of one shape ("1 3 224 224"), words with
/// "x" or "," are a shape each ("1x3x224x224 1x10"). Nullopt for anything else, a mixture of the
/// two, and dimensions below 1.
std::optional<Shapes> parse_shapes(std::span<const std::string> words);

/// An option that takes such shapes.
CLI::Option* add_shapes(CLI::App& app, const std::string& names, Shapes& to,
                        const std::string& description);

}  // namespace layerwatt::cli
