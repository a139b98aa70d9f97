#pragma once

#include <cstdint>
#include <vector>

#include "layerwatt/dataset/image_file.h"

namespace layerwatt {

/// The middle of a picture as networks trained on ImageNet expect it: scaled so that 256 pixels
/// stand where the network takes 224 (the shorter side of a square input; for another shape, both
/// sides at least), bilinear with a filter as wide as the pixels that become one, and cut to
/// `width` x `height` from the middle. Equal to Pillow's resize() with BILINEAR, bit for bit.
/// Precondition: all sizes are positive.
Image resize_and_crop(const Image& image, std::int64_t width, std::int64_t height);

/// The values of a channel's plane after each other (CHW), normalised by ImageNet's means and
/// standard deviations. `channels` 3, or 1: the luma of the three normalised ones.
std::vector<float> normalised_planes(const Image& image, std::int64_t channels);

}  // namespace layerwatt
