#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/models/input_shapes.h"

#include "cli/app.h"

namespace layerwatt::cli {

/// Shapes from words: plain numbers are the dimensions of one shape ("1 3 224 224"); a word with
/// "x" or "," is a shape of its own ("1x3x224x224"), as is "scalar", and beside these a plain
/// number; NAME=SHAPE is that of the input of this name ("x=1x10"). Nullopt for anything else,
/// dimensions below 1, and a name that comes twice.
std::optional<GivenShapes> parse_shapes(std::span<const std::string> words);

/// An option that takes such shapes.
Option* add_shapes(App& app, const std::string& names, GivenShapes& to,
                   const std::string& description);

}  // namespace layerwatt::cli
