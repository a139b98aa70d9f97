#include "layerwatt/running/input_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <functional>
#include <numeric>
#include <string_view>
#include <system_error>
#include <utility>

#include "layerwatt/core/file_text.h"
#include "layerwatt/dataset/npy_array.h"
#include "layerwatt/models/tensor_file.h"

#include "running/inputs/element_values.h"

namespace layerwatt {
namespace {

constexpr std::size_t kLargestFile = std::size_t{2} << 30;

Error wrong(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

std::optional<DataType> type_called(std::string_view name) {
  // ONNX's names of the two that it calls differently.
  if (name == "float") return DataType::kFloat32;
  if (name == "double") return DataType::kFloat64;
  return parse_data_type(name);
}

Result<Tensor> tensor_of(std::string name, std::string_view type,
                         std::vector<std::int64_t> dimensions, std::vector<std::byte> data) {
  const auto known = type_called(type);
  if (!known) {
    return Error(ErrorCode::kUnsupported, fmt::format("no input takes elements of {}", type));
  }
  return Tensor{std::move(name), *known, std::move(dimensions), std::move(data)};
}

/// Every tensor of a file, whatever its format.
Result<std::vector<Tensor>> read_tensors(const std::string& path) {
  auto text = read_file(path, kLargestFile);
  if (!text) return std::move(text).error();
  const auto bytes = std::as_bytes(std::span(*text));
  std::vector<Tensor> tensors;
  const auto add = [&](Result<Tensor> tensor) -> Result<void> {
    if (!tensor) return std::move(tensor).error();
    tensors.push_back(*std::move(tensor));
    return {};
  };
  if (text->starts_with("\x93NUMPY")) {
    auto array = parse_npy_array(bytes);
    if (!array) return std::move(array).error().at(path);
    auto added =
        add(tensor_of("", array->type, std::move(array->dimensions), std::move(array->data)));
    if (!added) return std::move(added).error().at(path);
  } else if (text->starts_with("PK")) {
    auto arrays = parse_npz(bytes);
    if (!arrays) return std::move(arrays).error().at(path);
    for (auto& [name, array] : *arrays) {
      auto added =
          add(tensor_of(name, array.type, std::move(array.dimensions), std::move(array.data)));
      if (!added) return std::move(added).error().at(path);
    }
  } else {
    auto file = parse_tensor_file(bytes, path);
    if (!file) return std::move(file).error();
    auto added =
        add(tensor_of(file->name, file->type, std::move(file->dimensions), std::move(file->data)));
    if (!added) return std::move(added).error().at(path);
  }
  if (tensors.empty()) return Error(ErrorCode::kParse, "it holds no array").at(path);
  return tensors;
}

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool names_a_file(std::string_view word) {
  return word.ends_with(".npy") || word.ends_with(".npz") || word.ends_with(".pb");
}

Result<void> take_file(const std::string& path, std::vector<InputValue>& values) {
  auto tensors = read_tensors(path);
  if (!tensors) return std::move(tensors).error();
  for (Tensor& tensor : *tensors) {
    std::string name = tensor.name;
    values.push_back({std::move(name), path, std::move(tensor)});
  }
  return {};
}

Result<void> take_named(const std::string& name, const std::string& source,
                        std::vector<InputValue>& values) {
  if (!is_file(source) && !names_a_file(source)) {
    if (is_number(source)) {
      values.push_back({name, source, std::nullopt});
      return {};
    }
    return wrong(
        fmt::format("--input-data {}={}: '{}' is neither a file (.npy, .npz, .pb) nor a "
                    "number",
                    name, source, source));
  }
  auto tensors = read_tensors(source);
  if (!tensors) return std::move(tensors).error();
  for (Tensor& tensor : *tensors) {
    if (tensors->size() > 1 && tensor.name != name) continue;
    tensor.name = name;
    values.push_back({name, source, std::move(tensor)});
    return {};
  }
  return wrong(
      fmt::format("--input-data {}={}: the file holds {} arrays, and none of them is "
                  "called '{}'",
                  name, source, tensors->size(), name));
}

std::size_t element_count(std::span<const std::int64_t> dimensions) {
  return static_cast<std::size_t>(
      std::accumulate(dimensions.begin(), dimensions.end(), std::int64_t{1}, std::multiplies<>()));
}

}  // namespace

Result<std::vector<InputValue>> read_input_values(std::span<const std::string> words) {
  std::vector<InputValue> values;
  for (const std::string& word : words) {
    // Names of tensors may hold '='; numbers and most paths do not.
    const std::size_t equals = word.rfind('=');
    Result<void> taken;
    if (is_file(word) || (equals == std::string::npos && names_a_file(word))) {
      taken = take_file(word, values);
    } else if (equals == std::string::npos || equals == 0) {
      taken =
          wrong(fmt::format("--input-data {}: expected NAME=FILE (.npy, .npz, .pb), NAME=NUMBER "
                            "or a file",
                            word));
    } else {
      taken = take_named(word.substr(0, equals), word.substr(equals + 1), values);
    }
    if (!taken) return std::move(taken).error();
  }
  return values;
}

const InputValue* find_input_value(std::span<const InputValue> values, std::string_view name,
                                   std::size_t inputs) {
  for (const InputValue& value : values) {
    if (value.name == name || (value.name.empty() && inputs == 1)) return &value;
  }
  return nullptr;
}

Result<Tensor> input_tensor(const InputValue& value, const TensorSpec& spec) {
  const auto misfit = [&](const Error& error) {
    return wrong(fmt::format("the value of the input '{}' ({}): {}", spec.name, value.source,
                             error.message()));
  };
  Tensor tensor{spec.name, spec.type, spec.dimensions, {}};
  const std::size_t count = element_count(spec.dimensions);
  tensor.data.reserve(count * size_of(spec.type));
  if (!value.tensor) {
    std::vector<std::byte> element;
    if (auto r = append_number(value.source, spec.type, element); !r) return misfit(r.error());
    for (std::size_t i = 0; i < count; ++i) {
      tensor.data.insert(tensor.data.end(), element.begin(), element.end());
    }
    return tensor;
  }
  if (value.tensor->dimensions != spec.dimensions) {
    return misfit(Error(
        ErrorCode::kInvalidArgument,
        fmt::format("it has the shape [{}], and the input [{}]",
                    fmt::join(value.tensor->dimensions, " "), fmt::join(spec.dimensions, " "))));
  }
  if (auto r = append_converted(*value.tensor, spec.type, tensor.data); !r) {
    return misfit(r.error());
  }
  return tensor;
}

}  // namespace layerwatt
