#include "cli/options/shape_option.h"

#include "layerwatt/core/number_range.h"
#include "layerwatt/core/numbers.h"

namespace layerwatt::cli {
namespace {

/// The dimensions of "1x3x224x224"; nullopt where one is not a whole number from 1.
std::optional<std::vector<std::int64_t>> parse_shape(std::string_view word) {
  constexpr auto kMost = static_cast<std::int64_t>(ranges::kDimension.most);
  std::vector<std::int64_t> shape;
  for (;;) {
    const std::size_t end = word.find_first_of("xX,");
    const auto dimension = parse_int64(word.substr(0, end));
    if (!dimension || *dimension < 1 || *dimension > kMost) return std::nullopt;
    shape.push_back(*dimension);
    if (end == std::string_view::npos) return shape;
    word.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<GivenShapes> parse_shapes(std::span<const std::string> words) {
  GivenShapes shapes;
  bool is_one = true;
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    const std::string_view text =
        std::string_view(word).substr(equals == std::string::npos ? 0 : equals + 1);
    auto shape = text == "scalar" ? std::vector<std::int64_t>() : parse_shape(text);
    if (!shape || equals == 0) return std::nullopt;
    if (equals == std::string::npos) {
      is_one = is_one && shape->size() == 1;
      shapes.in_order.push_back(*std::move(shape));
    } else if (!shapes.by_name.emplace(word.substr(0, equals), *std::move(shape)).second) {
      return std::nullopt;
    }
  }
  if (is_one && shapes.in_order.size() > 1) {
    std::vector<std::int64_t> whole;
    for (const auto& shape : shapes.in_order) whole.push_back(shape.front());
    shapes.in_order = {std::move(whole)};
  }
  return shapes;
}

Option* add_shapes(App& app, const std::string& names, GivenShapes& to,
                   const std::string& description) {
  const auto take = [&to, names](const std::vector<std::string>& words) {
    auto shapes = parse_shapes(words);
    if (!shapes) {
      refuse_value(
          names,
          "a shape is written 1 3 224 224, several shapes 1x3x224x224 scalar 1x10, or by the "
          "inputs' names x=1x3x224x224 sr=scalar; every dimension is a whole number from 1 to "
          "1000000000");
    }
    to = *std::move(shapes);
  };
  return app.add_option_function<std::vector<std::string>>(names, take, description)
      ->type_name("DIM...");
}

}  // namespace layerwatt::cli
