#include "running/inputs/image_crop.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace layerwatt {
namespace {

/// Fixed-point weights, as Pillow has them, so that results are the same on every processor.
constexpr int kFractionBits = 22;

/// Which pixels become one, and their weights.
struct Tap {
  std::int64_t first = 0;
  std::vector<std::int32_t> weights;
};

/// For the pixels [begin, begin + count) of a line scaled from `from` to `to` pixels.
std::vector<Tap> taps_of(std::int64_t from, std::int64_t to, std::int64_t begin,
                         std::int64_t count) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double reach = std::max(scale, 1.0);
  std::vector<Tap> taps;
  for (std::int64_t i = begin; i < begin + count; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * scale;
    Tap tap;
    tap.first = std::max<std::int64_t>(0, static_cast<std::int64_t>(centre - reach + 0.5));
    const std::int64_t end =
        std::min(from, static_cast<std::int64_t>(std::max(0.0, centre + reach + 0.5)));
    std::vector<double> weights;
    double sum = 0.0;
    for (std::int64_t x = tap.first; x < end; ++x) {
      const double distance = std::abs((static_cast<double>(x) - centre + 0.5) / reach);
      weights.push_back(std::max(0.0, 1.0 - distance));
      sum += weights.back();
    }
    for (const double weight : weights) {
      tap.weights.push_back(static_cast<std::int32_t>(
          std::floor(weight / sum * static_cast<double>(1 << kFractionBits) + 0.5)));
    }
    taps.push_back(std::move(tap));
  }
  return taps;
}

/// One channel of one pixel: `step` lies between the pixels that become it.
std::uint8_t weigh(const Tap& tap, const std::uint8_t* at, std::size_t step) {
  std::int64_t sum = std::int64_t{1} << (kFractionBits - 1);
  for (std::size_t k = 0; k < tap.weights.size(); ++k) sum += tap.weights[k] * at[k * step];
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>(sum >> kFractionBits, 0, 255));
}

/// What a side of the network's input is to be before its borders are cut off.
double uncut(std::int64_t side) { return std::round(static_cast<double>(side) * 256.0 / 224.0); }

struct Scaled {
  std::int64_t width;
  std::int64_t height;
};

/// The side that needs the larger scale is exact, the other one rounded down.
Scaled scaled_size(const Image& image, std::int64_t width, std::int64_t height) {
  const double w = static_cast<double>(image.width);
  const double h = static_cast<double>(image.height);
  const double to_width = uncut(width);
  const double to_height = uncut(height);
  if (to_width * h >= to_height * w) {
    return {static_cast<std::int64_t>(to_width), static_cast<std::int64_t>(to_width * h / w)};
  }
  return {static_cast<std::int64_t>(to_height * w / h), static_cast<std::int64_t>(to_height)};
}

std::int64_t middle(std::int64_t whole, std::int64_t part) {
  return static_cast<std::int64_t>(std::nearbyint(static_cast<double>(whole - part) / 2.0));
}

}  // namespace

Image resize_and_crop(const Image& image, std::int64_t width, std::int64_t height) {
  const Scaled scaled = scaled_size(image, width, height);
  // Only what stays is computed: a line of pixels scaled to 256 rows would fill the memory.
  const auto columns = taps_of(image.width, scaled.width, middle(scaled.width, width), width);
  const auto rows = taps_of(image.height, scaled.height, middle(scaled.height, height), height);
  const std::int64_t first_row = rows.front().first;
  const std::int64_t last_row =
      rows.back().first + static_cast<std::int64_t>(rows.back().weights.size());
  const auto out_width = static_cast<std::size_t>(width);
  std::vector<std::uint8_t> narrow;
  narrow.reserve(static_cast<std::size_t>(last_row - first_row) * out_width * 3);
  for (std::int64_t y = first_row; y < last_row; ++y) {
    const std::uint8_t* line = image.rgb.data() + static_cast<std::size_t>(y * image.width * 3);
    for (const Tap& tap : columns) {
      const std::uint8_t* at = line + static_cast<std::size_t>(tap.first * 3);
      for (std::size_t channel = 0; channel < 3; ++channel) {
        narrow.push_back(weigh(tap, at + channel, 3));
      }
    }
  }
  Image out{width, height, {}};
  out.rgb.reserve(static_cast<std::size_t>(height) * out_width * 3);
  for (const Tap& tap : rows) {
    const std::uint8_t* line =
        narrow.data() + static_cast<std::size_t>(tap.first - first_row) * out_width * 3;
    for (std::size_t x = 0; x < out_width * 3; ++x) {
      out.rgb.push_back(weigh(tap, line + x, out_width * 3));
    }
  }
  return out;
}

std::vector<float> normalised_planes(const Image& image, std::int64_t channels) {
  constexpr std::array kMeans = {0.485F, 0.456F, 0.406F};
  constexpr std::array kDeviations = {0.229F, 0.224F, 0.225F};
  // ITU-R BT.601.
  constexpr std::array kLuma = {0.299F, 0.587F, 0.114F};
  const std::size_t pixels = image.rgb.size() / 3;
  std::vector<float> planes(pixels * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      const float value =
          (static_cast<float>(image.rgb[3 * i + c]) / 255.0F - kMeans[c]) / kDeviations[c];
      if (channels == 3) {
        planes[c * pixels + i] = value;
      } else {
        planes[i] += kLuma[c] * value;
      }
    }
  }
  return planes;
}

}  // namespace layerwatt
