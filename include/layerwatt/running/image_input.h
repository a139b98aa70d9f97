#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "layerwatt/core/result.h"
#include "layerwatt/dataset/image_file.h"
#include "layerwatt/engines/engine.h"

namespace layerwatt {

/// A picture that a network is to see.
struct ImageInput {
  std::filesystem::path path;
  Image image;
};

/// Decodes them; the error names the first that is no picture.
Result<std::vector<ImageInput>> read_image_inputs(const std::vector<std::string>& paths);

/// The input that pictures go to: the first of floating-point N x 3 x H x W, else N x 1 x H x W.
/// kInvalidArgument says what the inputs are instead.
Result<std::size_t> find_image_input(std::span<const TensorSpec> inputs);

/// Pictures as that input: resized, cut from the middle, normalised as for ImageNet, in turn until
/// the batch is full. kInvalidArgument where there are more pictures than the batch takes.
/// Precondition: `images` is not empty, no dimension of `spec` is free.
Result<Tensor> image_tensor(const TensorSpec& spec, std::span<const ImageInput> images);

}  // namespace layerwatt
