#include "cli/options/shape_option.h"

#include <CLI/CLI.hpp>

#include "layerwatt/core/numbers.h"

namespace layerwatt::cli {
namespace {

/// The dimensions of "1x3x224x224"; nullopt where one is not a whole number from 1.
std::optional<std::vector<std::int64_t>> parse_shape(std::string_view word) {
  std::vector<std::int64_t> shape;
  for (;;) {
    const std::size_t end = word.find_first_of("xX,");
    const auto dimension = parse_int64(word.substr(0, end));
    if (!dimension || *dimension < 1) return std::nullopt;
    shape.push_back(*dimension);
    if (end == std::string_view::npos) return shape;
    word.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Shapes> parse_shapes(std::span<const std::string> words) {
  Shapes shapes;
  std::vector<std::int64_t> plain;
  for (const std::string& word : words) {
    auto shape = parse_shape(word);
    if (!shape) return std::nullopt;
    if (shape->size() == 1) {
      plain.push_back(shape->front());
    } else {
      shapes.push_back(*std::move(shape));
    }
  }
  if (!plain.empty() && !shapes.empty()) return std::nullopt;
  if (!plain.empty()) shapes.push_back(std::move(plain));
  return shapes;
}

CLI::Option* add_shapes(CLI::App& app, const std::string& names, Shapes& to,
                        const std::string& description) {
  const auto take = [&to](const std::vector<std::string>& words) {
    auto shapes = parse_shapes(words);
    if (!shapes) {
      throw CLI::ValidationError(
          "a shape is written 1 3 224 224, several shapes 1x3x224x224 1x10; every dimension is a "
          "whole number from 1");
    }
    to = *std::move(shapes);
  };
  return app.add_option_function<std::vector<std::string>>(names, take, description)
      ->type_name("DIM...");
}

}  // namespace layerwatt::cli
