#include "running/inputs/network_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "layerwatt/core/nearest_name.h"
#include "layerwatt/core/shell_word.h"
#include "layerwatt/engines/random_tensor.h"
#include "layerwatt/running/image_input.h"

namespace layerwatt {
namespace {

bool is_floating(DataType type) {
  return type == DataType::kFloat32 || type == DataType::kFloat16 || type == DataType::kBFloat16 ||
         type == DataType::kFloat64;
}

const InputUse* use_of(const PreparedNetwork& network, const std::string& input) {
  const auto found = std::ranges::find(network.input_uses, input, &InputUse::input);
  return found == network.input_uses.end() ? nullptr : &*found;
}

Result<void> check_names(std::span<const TensorSpec> specs, const NetworkRequest& request) {
  std::vector<std::string_view> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  for (const InputValue& value : request.input_values) {
    if (std::ranges::find(names, value.name) != names.end()) continue;
    if (value.name.empty() && specs.size() == 1) continue;
    if (value.name.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("--input-data {}: say which of the network's {} inputs it is for "
                               "(--input-data {}={}); they are '{}'",
                               value.source, specs.size(), specs.front().name, value.source,
                               fmt::join(names, "', '")));
    }
    const auto nearest = nearest_name(value.name, names);
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--input-data: there is no input '{}'{}; the network has '{}'", value.name,
                    nearest ? fmt::format(" (did you mean '{}'?)", *nearest) : "",
                    fmt::join(names, "', '")));
  }
  return {};
}

/// Integers that are random, and that the network accepts as far as its graph tells.
IntegerRange range_of(const InputUse* use) {
  IntegerRange range;
  if (use == nullptr || !use->range) return range;
  range.low = use->range->low;
  range.high = std::clamp(range.high, use->range->low, use->range->high);
  return range;
}

std::string shape_text(const TensorSpec& spec) {
  if (spec.dimensions.empty()) return "a scalar";
  return fmt::format("{}", fmt::join(spec.dimensions, "×"));
}

/// "3", the only element of a tensor of whole numbers.
std::string only_element(const Tensor& tensor) {
  std::int64_t value = 0;
  std::memcpy(&value, tensor.data.data(), std::min(tensor.data.size(), sizeof value));
  return tensor.type == DataType::kBool ? (value != 0 ? "true" : "false") : std::to_string(value);
}

/// What a reader must know of random values; empty for plain floating-point ones.
std::string note_of(const TensorSpec& spec, const Tensor& tensor, const InputUse* use,
                    const IntegerRange& range) {
  const bool decides = use != nullptr && !use->decides.empty();
  if (is_floating(spec.type) && !decides) return "";
  const bool is_single = tensor.data.size() == size_of(spec.type);
  std::string values = "random values";
  if (!is_floating(spec.type) && range.low == range.high) {
    values = fmt::format("the value {}, which the model's graph suggests", range.low);
  } else if (!is_floating(spec.type) && is_single) {
    values = fmt::format("the random value {}", only_element(tensor));
  } else if (!is_floating(spec.type) && spec.type != DataType::kBool) {
    values = fmt::format("random values {} … {}", range.low, range.high);
  }
  std::string note = fmt::format("The input '{}' ({}, {}) had {}", spec.name, to_string(spec.type),
                                 shape_text(spec), values);
  if (decides) {
    note += fmt::format(", and it decides {} of '{}' ({})",
                        use->decides_type == "If" ? "which branch" : "the number of turns",
                        use->decides, use->decides_type);
  }
  return note + fmt::format(": give {} with --input-data {}={}.",
                            is_single ? "the real one" : "real ones", shell_word(spec.name),
                            is_single ? "VALUE" : "FILE");
}

/// The input as it is to be bound: open dimensions are known from elsewhere.
TensorSpec closed(TensorSpec spec, const PreparedNetwork& network) {
  const auto shape = network.input_shapes.find(spec.name);
  if (shape == network.input_shapes.end() || shape->second.size() != spec.dimensions.size()) {
    return spec;
  }
  for (std::size_t i = 0; i < spec.dimensions.size(); ++i) {
    if (spec.dimensions[i] < 0) spec.dimensions[i] = shape->second[i];
  }
  return spec;
}

}  // namespace

Result<void> make_inputs(std::span<const TensorSpec> specs, const NetworkRequest& request,
                         PreparedNetwork& network) {
  if (auto r = check_names(specs, request); !r) return r;
  std::optional<std::size_t> of_images;
  if (!request.images.empty()) {
    auto found = find_image_input(specs);
    if (!found) return std::move(found).error();
    of_images = *found;
  }
  network.inputs.clear();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const TensorSpec spec = closed(specs[i], network);
    const InputUse* use = use_of(network, spec.name);
    const InputValue* value = find_input_value(request.input_values, spec.name, specs.size());
    const IntegerRange range = range_of(use);
    auto tensor = value != nullptr ? input_tensor(*value, spec)
                  : i == of_images ? image_tensor(spec, request.images)
                                   : random_tensor(spec, request.seed, range);
    if (!tensor) return std::move(tensor).error();
    if (value == nullptr && i != of_images) {
      if (std::string note = note_of(spec, *tensor, use, range); !note.empty()) {
        network.notes.push_back(std::move(note));
      }
    }
    network.inputs.push_back(*std::move(tensor));
  }
  return {};
}

std::string random_integers_hint(const NetworkRequest& request, const PreparedNetwork& network) {
  std::vector<std::string_view> names;
  for (const Tensor& input : network.inputs) {
    if (is_floating(input.type)) continue;
    if (find_input_value(request.input_values, input.name, network.inputs.size())) continue;
    names.push_back(input.name);
  }
  if (names.empty()) return "";
  return fmt::format(
      "the values of '{}' were random, and the network may not accept them: give real ones with "
      "--input-data {}=FILE (.npy, .npz, .pb), or one number for all elements (--input-data {}=0)",
      fmt::join(names, "', '"), shell_word(names.front()), shell_word(names.front()));
}

}  // namespace layerwatt
