#include <fmt/format.h>

#include <algorithm>

#include "layerwatt/core/numbers.h"
#include "layerwatt/prediction/cost_model.h"

#include "prediction/shape_terms.h"

namespace layerwatt {
namespace {

/// How far beyond the least and the greatest of training a layer may lie.
constexpr double kSlack = 1.5;

constexpr std::array<std::string_view, 4> kExtents = {
    "pixels of all images", "output channels of a group", "inputs of an output value", "bytes"};

bool is_depthwise(const LayerWork& work) { return work.groups > 1 && work.groups == work.input[0]; }

std::array<double, 4> extents_of(const LayerWork& work) {
  const prediction::MatrixShape shape = prediction::matrix_shape(work);
  return {shape.rows, shape.columns, shape.depth, work.bytes()};
}

using Window = std::array<std::int64_t, 6>;

Window window_of(const LayerWork& work) {
  return {work.kernel[0], work.kernel[1],   work.stride[0],
          work.stride[1], work.dilation[0], work.dilation[1]};
}

std::string unseen(const LayerWork& work) {
  std::string text = fmt::format("a window of {}×{} with stride {}×{}", work.kernel[0],
                                 work.kernel[1], work.stride[0], work.stride[1]);
  if (work.dilation[0] > 1 || work.dilation[1] > 1) {
    text += fmt::format(" and dilation {}×{}", work.dilation[0], work.dilation[1]);
  }
  return text + " was never measured";
}

}  // namespace

TrainingRange range_of(std::span<const LayerWork* const> works) {
  TrainingRange range;
  bool first = true;
  for (const LayerWork* work : works) {
    const std::array<double, 4> extents = extents_of(*work);
    for (std::size_t i = 0; i < extents.size(); ++i) {
      range.least[i] = first ? extents[i] : std::min(range.least[i], extents[i]);
      range.greatest[i] = first ? extents[i] : std::max(range.greatest[i], extents[i]);
    }
    first = false;
    const Window window = window_of(*work);
    const auto at = std::lower_bound(range.windows.begin(), range.windows.end(), window);
    if (at == range.windows.end() || *at != window) range.windows.insert(at, window);
    const bool depthwise = is_depthwise(*work);
    range.has_depthwise = range.has_depthwise || depthwise;
    range.has_groups = range.has_groups || (work->groups > 1 && !depthwise);
  }
  return range;
}

std::string outside_of_range(const TrainingRange& range, const LayerWork& work) {
  const std::array<double, 4> extents = extents_of(work);
  const bool has_shape = work.kind == WorkKind::kConvolution || work.kind == WorkKind::kPooling;
  for (std::size_t i = has_shape ? 0 : 3; i < extents.size(); ++i) {
    if (extents[i] > kSlack * range.greatest[i]) {
      return fmt::format("{} {} are beyond 1.5 times the most that was measured, {}",
                         format_significant(extents[i], 3), kExtents[i],
                         format_significant(range.greatest[i], 3));
    }
    if (extents[i] * kSlack < range.least[i]) {
      return fmt::format("{} {} are below the least that was measured, {}, over 1.5",
                         format_significant(extents[i], 3), kExtents[i],
                         format_significant(range.least[i], 3));
    }
  }
  if (!has_shape) return {};
  if (!std::binary_search(range.windows.begin(), range.windows.end(), window_of(work))) {
    return unseen(work);
  }
  if (is_depthwise(work)) {
    return range.has_depthwise ? std::string() : "no depthwise convolution was measured";
  }
  if (work.groups > 1 && !range.has_groups) return "no convolution in groups was measured";
  return {};
}

}  // namespace layerwatt
