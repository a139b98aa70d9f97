#include "models/onnx/external_data.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <limits>

#include "layerwatt/core/numbers.h"

#include "models/onnx/tensor_data.h"

namespace layerwatt::models {
namespace {

constexpr std::int64_t kLargestModel = std::numeric_limits<std::int32_t>::max();

struct Place {
  std::filesystem::path file;
  std::int64_t offset = 0;
  std::optional<std::int64_t> length;
};

Result<Place> place_of(const onnx::TensorProto& tensor, const std::filesystem::path& folder) {
  Place place;
  std::filesystem::path location;
  for (const auto& entry : tensor.external_data()) {
    if (entry.key() == "location") {
      location = entry.value();
    } else if (entry.key() == "offset" || entry.key() == "length") {
      const std::optional<std::int64_t> number = parse_int64(entry.value());
      if (!number || *number < 0) {
        return Error(ErrorCode::kParse, fmt::format("the tensor '{}' has the {} '{}'",
                                                    tensor.name(), entry.key(), entry.value()));
      }
      (entry.key() == "offset" ? place.offset : place.length.emplace()) = *number;
    }
  }
  if (location.empty()) {
    return Error(
        ErrorCode::kParse,
        fmt::format("the tensor '{}' stands in another file, but none is named", tensor.name()));
  }
  bool leads_out = location.is_absolute();
  for (const auto& part : location) leads_out = leads_out || part == "..";
  if (leads_out) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the tensor '{}' stands in '{}', outside the model's own folder",
                             tensor.name(), location.string()));
  }
  if (folder.empty()) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the tensor '{}' stands in another file, '{}'; load the model from its "
                    "file instead",
                    tensor.name(), location.string()));
  }
  place.file = folder / location;
  return place;
}

Result<void> read_tensor(onnx::TensorProto& tensor, const std::filesystem::path& folder) {
  Result<Place> place = place_of(tensor, folder);
  if (!place) return std::move(place).error();
  std::error_code failure;
  const std::uintmax_t file_size = std::filesystem::file_size(place->file, failure);
  if (failure) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the weights of '{}' should stand in '{}', which cannot be read; copy "
                             "it beside the model",
                             tensor.name(), place->file.string()));
  }
  const auto size = static_cast<std::int64_t>(file_size);
  const std::int64_t length =
      place->length.value_or(std::max<std::int64_t>(0, size - place->offset));
  if (place->offset > size || length > size - place->offset) {
    return Error(ErrorCode::kParse,
                 fmt::format("the weights of '{}' should stand at byte {} of '{}' ({} bytes), "
                             "beyond the end of that file; it is cut short",
                             tensor.name(), place->offset, place->file.string(), length));
  }
  if (length > kLargestModel) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the tensor '{}' has {} bytes, more than 2 GiB", tensor.name(), length));
  }
  std::ifstream file(place->file, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(length), '\0');
  file.seekg(place->offset);
  if (!file.read(bytes.data(), length)) {
    return Error(ErrorCode::kIo, fmt::format("cannot read '{}'", place->file.string()));
  }
  tensor.set_raw_data(std::move(bytes));
  tensor.clear_external_data();
  tensor.clear_data_location();
  return {};
}

}  // namespace

Result<void> read_external_data(onnx::GraphProto& graph, const std::filesystem::path& folder) {
  const auto external = [](const onnx::TensorProto& tensor) {
    return tensor.data_location() == onnx::TensorProto::EXTERNAL;
  };
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) {
    if (!external(tensor)) continue;
    if (Result<void> read = read_tensor(tensor, folder); !read) return read;
  }
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t() && external(attribute.t())) {
        if (Result<void> read = read_tensor(*attribute.mutable_t(), folder); !read) return read;
      }
      if (attribute.has_g()) {
        if (Result<void> read = read_external_data(*attribute.mutable_g(), folder); !read) {
          return read;
        }
      }
    }
  }
  return {};
}

}  // namespace layerwatt::models
