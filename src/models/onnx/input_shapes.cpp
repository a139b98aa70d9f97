#include "layerwatt/models/input_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string_view>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/shell_word.h"

namespace layerwatt {
namespace {

using Shape = std::vector<std::int64_t>;

Error wrong(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

bool is_scalar(const ModelTensor& input) { return input.is_ranked && input.dimensions.empty(); }

std::string describe_inputs(const std::vector<ModelTensor>& inputs) {
  std::vector<std::string> texts;
  for (const ModelTensor& input : inputs) {
    texts.push_back(fmt::format("'{}' {} {}", input.name, input.type, describe_dimensions(input)));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// How the shapes of a model's inputs are given, in words that can be typed.
std::string advice(const std::vector<ModelTensor>& inputs) {
  std::vector<std::string> names;
  for (const ModelTensor& input : inputs) {
    if (!is_scalar(input)) names.push_back(input.name);
  }
  const std::string by_name =
      names.empty() ? ""
                    : fmt::format(", or by name (--input {}=DIMxDIM…)", shell_word(names.front()));
  return fmt::format(
      "its inputs are {}: give the shapes of those that are no scalars, in this order{}",
      describe_inputs(inputs), by_name);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

/// Names that exporters give to what is no batch.
bool names_a_size(std::string_view name) {
  constexpr std::array<std::string_view, 14> kSizes = {
      "seq",  "len", "time",  "frame", "height", "width",  "token",
      "step", "num", "count", "point", "audio",  "sample", "size"};
  const std::string lower = lower_case(name);
  if (lower.find("batch") != std::string::npos) return false;
  return std::ranges::any_of(
      kSizes, [&](std::string_view size) { return lower.find(size) != std::string::npos; });
}

bool says_batch(std::string_view name) {
  const std::string lower = lower_case(name);
  return lower == "bs" || lower.find("batch") != std::string::npos;
}

bool may_be_a_batch(std::string_view name) {
  const std::string lower = lower_case(name);
  return lower == "n" || lower == "b";
}

class Resolver {
 public:
  Resolver(const std::vector<ModelTensor>& inputs, const GivenShapes& given)
      : inputs_(inputs), given_(given) {
    for (const ModelTensor& input : inputs) {
      const bool leads = input.dimensions.size() > 1 && !input.dimension_names[0].empty() &&
                         !names_a_size(input.dimension_names[0]);
      if (leads) leading_.insert(input.dimension_names[0]);
    }
  }

  Result<InputShapes> resolve() {
    if (auto r = take_named(); !r) return std::move(r).error();
    if (auto r = take_ordered(); !r) return std::move(r).error();
    spread_names();
    for (const ModelTensor& input : inputs_) {
      if (auto r = complete(input); !r) return std::move(r).error();
    }
    if (!unknown_.empty()) return ask_for_sizes();
    return std::move(result_);
  }

 private:
  Result<void> take(const ModelTensor& input, const Shape& shape) {
    if (input.is_ranked && input.dimensions.size() != shape.size()) {
      if (is_scalar(input)) {
        return wrong(
            fmt::format("the input '{}' is a scalar and takes no shape: leave it out, or "
                        "write 'scalar' in its place; {}",
                        input.name, advice(inputs_)));
      }
      return wrong(fmt::format("the input '{}' has {} dimensions ({}), not {}; {}", input.name,
                               input.dimensions.size(), describe_dimensions(input), shape.size(),
                               advice(inputs_)));
    }
    result_.shapes.insert_or_assign(input.name, shape);
    return {};
  }

  Result<void> take_named() {
    for (const auto& [name, shape] : given_.by_name) {
      const auto input = std::ranges::find(inputs_, name, &ModelTensor::name);
      if (input == inputs_.end()) {
        std::vector<std::string_view> names;
        for (const ModelTensor& known : inputs_) names.push_back(known.name);
        const auto nearest = nearest_name(name, names);
        return wrong(fmt::format("there is no input '{}'{}; {}", name,
                                 nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "",
                                 advice(inputs_)));
      }
      if (auto r = take(*input, shape); !r) return r;
    }
    return {};
  }

  Result<void> take_ordered() {
    std::vector<const ModelTensor*> left;
    std::size_t scalars = 0;
    for (const ModelTensor& input : inputs_) {
      if (result_.shapes.contains(input.name)) continue;
      left.push_back(&input);
      if (is_scalar(input)) ++scalars;
    }
    const std::vector<Shape>& shapes = given_.in_order;
    if (shapes.size() > left.size()) {
      return wrong(fmt::format("{} input shapes given, but the model has {} inputs: {}",
                               shapes.size() + given_.by_name.size(), inputs_.size(),
                               advice(inputs_)));
    }
    const bool names_scalars =
        shapes.size() == left.size() ||
        std::ranges::any_of(shapes, [](const Shape& shape) { return shape.empty(); });
    if (!names_scalars)
      std::erase_if(left, [](const ModelTensor* input) { return is_scalar(*input); });
    if (shapes.size() > left.size()) {
      return wrong(
          fmt::format("{} input shapes given, and {} of the model's {} inputs are scalars: "
                      "{}",
                      shapes.size(), scalars, inputs_.size(), advice(inputs_)));
    }
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      if (auto r = take(*left[i], shapes[i]); !r) return r;
    }
    return {};
  }

  /// What the given shapes say of dimensions that other inputs have too.
  void spread_names() {
    for (const ModelTensor& input : inputs_) {
      const auto shape = result_.shapes.find(input.name);
      if (shape == result_.shapes.end()) continue;
      for (std::size_t i = 0; i < input.dimension_names.size(); ++i) {
        if (input.dimension_names[i].empty()) continue;
        sizes_.emplace(input.dimension_names[i], shape->second[i]);
      }
    }
  }

  /// There is one batch in a shape: the N of `batch_size × N` is a length.
  bool is_batch(const ModelTensor& input, std::size_t index) const {
    const std::string& name = input.dimension_names[index];
    if (std::ranges::any_of(input.dimension_names, says_batch)) return says_batch(name);
    if (!name.empty() && leading_.contains(name)) return true;
    if (index == 0) return input.dimensions.size() > 1 ? !names_a_size(name) : may_be_a_batch(name);
    return may_be_a_batch(name) && (input.dimensions[0] >= 0 || !is_batch(input, 0));
  }

  Result<void> complete(const ModelTensor& input) {
    if (result_.shapes.contains(input.name)) return {};
    if (!input.is_ranked) {
      return wrong(
          fmt::format("the model does not say how many dimensions its input '{}' has: "
                      "give its shape (--input {}=1x3x224x224, for example)",
                      input.name, shell_word(input.name)));
    }
    Shape shape = input.dimensions;
    bool is_known = true;
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] >= 0) continue;
      const auto size = sizes_.find(input.dimension_names[i]);
      if (size != sizes_.end()) {
        shape[i] = size->second;
      } else if (is_batch(input, i)) {
        shape[i] = 1;
      } else if (shape.size() == 1 && !names_a_size(input.dimension_names[i])) {
        shape[i] = 1;
        result_.notes.push_back(fmt::format(
            "The model leaves the size of its input '{}' ({}) open; 1 was taken (another: --input "
            "{}=SIZE).",
            input.name, describe_dimensions(input), shell_word(input.name)));
      } else {
        is_known = false;
      }
    }
    if (!is_known) {
      unknown_.push_back(&input);
      return {};
    }
    result_.shapes.emplace(input.name, std::move(shape));
    return {};
  }

  /// Nobody knows how large these inputs are, and the work depends on it.
  Error ask_for_sizes() const {
    std::vector<std::string> descriptions;
    std::vector<std::string> options;
    std::string in_order;
    for (const ModelTensor* input : unknown_) {
      std::vector<std::int64_t> shape = input->dimensions;
      for (std::size_t i = 0; i < shape.size(); ++i) {
        if (shape[i] >= 0) continue;
        const auto size = sizes_.find(input->dimension_names[i]);
        shape[i] = size != sizes_.end()  ? size->second
                   : is_batch(*input, i) ? 1
                   : shape.size() == 4   ? 224
                                         : 128;
      }
      descriptions.push_back(fmt::format("'{}' ({})", input->name, describe_dimensions(*input)));
      options.push_back(
          fmt::format("--input {}={}", shell_word(input->name), fmt::join(shape, "x")));
      in_order = fmt::format("{}", fmt::join(shape, " "));
    }
    const bool is_only = inputs_.size() == 1;
    return wrong(fmt::format(
        "the model does not say how large its {} {} {}, and both time and energy depend on it: "
        "give "
        "{}{}, for example",
        unknown_.size() == 1 ? "input" : "inputs", fmt::join(descriptions, " and "),
        unknown_.size() == 1 ? "is" : "are",
        is_only ? fmt::format("--input-shape {}, or ", in_order) : "", fmt::join(options, " ")));
  }

  const std::vector<ModelTensor>& inputs_;
  const GivenShapes& given_;
  /// Names of first dimensions.
  std::set<std::string> leading_;
  std::map<std::string, std::int64_t> sizes_;
  /// Inputs whose size nobody knows.
  std::vector<const ModelTensor*> unknown_;
  InputShapes result_;
};

}  // namespace

std::string describe_dimensions(const ModelTensor& tensor) {
  if (!tensor.is_ranked) return "of unknown shape";
  if (tensor.dimensions.empty()) return "a scalar";
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < tensor.dimensions.size(); ++i) {
    const std::string& name = tensor.dimension_names[i];
    const bool is_open = tensor.dimensions[i] < 0;
    texts.push_back(!is_open ? std::to_string(tensor.dimensions[i]) : name.empty() ? "?" : name);
  }
  return fmt::format("{}", fmt::join(texts, " × "));
}

Result<InputShapes> resolve_input_shapes(const std::vector<ModelTensor>& inputs,
                                         const GivenShapes& given) {
  return Resolver(inputs, given).resolve();
}

}  // namespace layerwatt
