#include "layerwatt/running/image_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "layerwatt/core/half_float.h"

#include "running/inputs/image_crop.h"

namespace layerwatt {
namespace {

bool is_floating(DataType type) {
  return type == DataType::kFloat32 || type == DataType::kFloat16 || type == DataType::kBFloat16 ||
         type == DataType::kFloat64;
}

bool takes_images(const TensorSpec& spec, std::int64_t channels) {
  return is_floating(spec.type) && spec.dimensions.size() == 4 && spec.dimensions[1] == channels;
}

template <class T>
void append(std::vector<std::byte>& data, T value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  data.insert(data.end(), bytes, bytes + sizeof(T));
}

void append(std::vector<std::byte>& data, DataType type, float value) {
  switch (type) {
    case DataType::kFloat16:
      return append(data, float16_bits(value));
    case DataType::kBFloat16:
      return append(data, bfloat16_bits(value));
    case DataType::kFloat64:
      return append(data, static_cast<double>(value));
    default:
      return append(data, value);
  }
}

}  // namespace

Result<std::vector<ImageInput>> read_image_inputs(const std::vector<std::string>& paths) {
  std::vector<ImageInput> images;
  for (const std::string& path : paths) {
    auto image = read_image(path);
    if (!image) return std::move(image).error();
    images.push_back({path, *std::move(image)});
  }
  return images;
}

Result<std::size_t> find_image_input(std::span<const TensorSpec> inputs) {
  for (const std::int64_t channels : {3, 1}) {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (takes_images(inputs[i], channels)) return i;
    }
  }
  std::vector<std::string> known;
  for (const TensorSpec& input : inputs) {
    known.push_back(fmt::format("'{}' {} {}", input.name, to_string(input.type),
                                fmt::join(input.dimensions, " x ")));
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("the network takes no pictures: they need an input of floating-point "
                  "numbers N x 3 x H x W (or N x 1 x H x W), and it has {}. Run it without "
                  "--imgs",
                  fmt::join(known, ", ")));
}

Result<Tensor> image_tensor(const TensorSpec& spec, std::span<const ImageInput> images) {
  const std::int64_t batch = spec.dimensions[0];
  const std::int64_t channels = spec.dimensions[1];
  const std::int64_t height = spec.dimensions[2];
  const std::int64_t width = spec.dimensions[3];
  const auto count = static_cast<std::int64_t>(images.size());
  if (count > batch) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} pictures, but the network's batch is {}: give as many as that or "
                             "fewer, or another --input-shape",
                             count, batch));
  }
  Tensor tensor{spec.name, spec.type, spec.dimensions, {}};
  tensor.data.reserve(static_cast<std::size_t>(batch * channels * height * width) *
                      size_of(spec.type));
  for (std::int64_t i = 0; i < batch; ++i) {
    const Image& image = images[static_cast<std::size_t>(i % count)].image;
    for (const float value : normalised_planes(resize_and_crop(image, width, height), channels)) {
      append(tensor.data, spec.type, value);
    }
  }
  return tensor;
}

}  // namespace layerwatt
