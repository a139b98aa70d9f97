#include "prediction/shape_terms.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace layerwatt::prediction {
namespace {

double whole(std::int64_t value) { return static_cast<double>(value); }
double tiles(double extent, double tile) { return std::ceil(extent / tile); }
double filled(double extent, double tile) { return tiles(extent, tile) * tile; }
/// Logarithm that takes 0: what is not there weighs as little as one unit.
double log1(double value) { return std::log(std::max(value, 1.0)); }

/// How much larger an image is in whole squares of `tile` pixels, as a logarithm.
double image_waste(const LayerWork& work, double tile) {
  const double height = whole(work.output[1]);
  const double width = whole(work.output[2]);
  return std::log(filled(height, tile) / height * filled(width, tile) / width);
}

/// How often 2 divides it, at most `most`: what vectorised loads need.
double alignment(double value, int most) {
  int count = 0;
  auto rest = static_cast<std::int64_t>(value);
  while (count < most && rest > 0 && rest % 2 == 0) {
    rest /= 2;
    ++count;
  }
  return count;
}

/// Windows that reach over the whole image have few tactics, or none but the slowest.
double window_beyond_image(const LayerWork& work) {
  return work.kernel[0] > work.input[1] || work.kernel[1] > work.input[2] ? 1.0 : 0.0;
}

bool has_winograd(const LayerWork& work) {
  return work.kernel[0] == 3 && work.kernel[1] == 3 && work.stride[0] == 1 && work.stride[1] == 1 &&
         work.dilation[0] == 1 && work.groups < work.input[0];
}

struct Tile {
  double rows;
  double columns;
};
constexpr std::array<Tile, kTactics - 1> kTiles{
    {{32, 32}, {64, 32}, {128, 32}, {128, 64}, {128, 128}}};

}  // namespace

MatrixShape matrix_shape(const LayerWork& work) {
  MatrixShape shape;
  const double window = whole(work.kernel[0]) * whole(work.kernel[1]);
  shape.rows = whole(work.batch) * whole(work.output[1]) * whole(work.output[2]);
  if (work.kind == WorkKind::kConvolution) {
    shape.groups = whole(work.groups);
    shape.columns = whole(work.output[0]) / shape.groups;
    shape.depth = whole(work.input[0]) / shape.groups * window;
  } else {
    shape.columns = whole(work.output[0]);
    shape.depth = work.kind == WorkKind::kPooling ? window : 1.0;
  }
  return shape;
}

CostTerms cost_terms(const LayerWork& work) {
  CostTerms terms;
  terms.operations.fill(kImpossible);
  terms.outputs.fill(kImpossible);
  terms.input_bytes = work.input_bytes;
  terms.output_bytes = work.output_bytes;
  terms.weight_bytes = work.weight_bytes;
  const MatrixShape shape = matrix_shape(work);
  terms.depth = shape.depth;
  if (work.kind != WorkKind::kConvolution) {
    terms.operations[0] = std::max(work.flops, 1.0);
    terms.outputs[0] = shape.rows * shape.columns;
    return terms;
  }
  for (std::size_t i = 0; i < kTiles.size(); ++i) {
    const double outputs = filled(shape.rows, kTiles[i].rows) *
                           filled(shape.columns, kTiles[i].columns) * shape.groups;
    terms.operations[i] = 2.0 * outputs * shape.depth;
    terms.outputs[i] = outputs;
  }
  if (has_winograd(work)) {
    // F(2×2, 3×3): 16 products for 4 outputs, each over the input channels of a group.
    const double patches =
        whole(work.batch) * tiles(whole(work.output[1]), 2.0) * tiles(whole(work.output[2]), 2.0);
    const double rows = filled(patches, 32.0);
    terms.operations[kTactics - 1] =
        2.0 * 16.0 * rows * filled(shape.columns, 32.0) * shape.depth / 9.0 * shape.groups;
    terms.outputs[kTactics - 1] = 4.0 * rows * shape.columns * shape.groups;
  }
  return terms;
}

std::vector<double> process_features(const LayerWork& work, ProcessView view) {
  if (work.kind == WorkKind::kElementwise || work.kind == WorkKind::kOther) {
    return {log1(work.input_bytes), log1(work.output_bytes), log1(work.flops),
            std::log(whole(work.output[0]))};
  }
  const MatrixShape shape = matrix_shape(work);
  const double window = 0.5 * std::log(whole(work.kernel[0]) * whole(work.kernel[1]));
  const double stride = 0.5 * std::log(whole(work.stride[0]) * whole(work.stride[1]));
  const double pixels = 0.5 * std::log(whole(work.output[1]) * whole(work.output[2]));
  const double groups = std::log(shape.groups);
  const double residual = work.residual ? 1.0 : 0.0;
  const double activation = work.activation ? 1.0 : 0.0;
  // Matrix units of small types want whole vectors of channels.
  const bool small_type = !work.precision.empty() && element_bytes(work.precision) < 4.0;
  const double input_alignment =
      small_type ? alignment(whole(work.input[0]) / shape.groups, 3) : 0.0;
  const double output_alignment = small_type ? alignment(shape.columns, 3) : 0.0;
  const double channels = whole(work.input[0]) / shape.groups;
  const double channel_waste = small_type ? std::log(filled(channels, 8.0) / channels) : 0.0;
  if (view == ProcessView::kDimensions) {
    return {std::log(whole(work.batch)),
            pixels,
            std::log(whole(work.input[0])),
            std::log(whole(work.output[0])),
            window,
            stride,
            groups,
            input_alignment,
            residual,
            activation};
  }
  std::vector<double> features{std::log(shape.rows),
                               std::log(shape.columns),
                               std::log(shape.depth),
                               window,
                               stride,
                               groups,
                               image_waste(work, 8.0),
                               image_waste(work, 2.0),
                               input_alignment,
                               output_alignment,
                               residual,
                               activation,
                               channel_waste,
                               0.5 * std::log(whole(work.input[1]) * whole(work.input[2])),
                               window_beyond_image(work)};
  if (work.kind == WorkKind::kPooling) features.push_back(pixels);
  return features;
}

std::vector<double> tree_features(const LayerWork& work) {
  const MatrixShape shape = matrix_shape(work);
  std::vector<double> features = process_features(work, ProcessView::kMatrix);
  const double pixels = whole(work.output[1]) * whole(work.output[2]);
  const double bytes = std::max(work.bytes(), 1.0);
  const double flops = std::max(work.flops, 1.0);
  const double more[] = {
      std::log(flops / bytes), std::log(flops), std::log(bytes), 0.5 * std::log(pixels),
      std::log(whole(work.batch)), image_waste(work, 4.0),
      std::log(filled(shape.columns, 32.0) / shape.columns),
      std::log(filled(shape.rows, 128.0) / shape.rows * filled(shape.columns, 64.0) /
               shape.columns),
      // Tiles of the largest size: few leave processors idle.
      std::log(tiles(shape.rows, 128.0) * tiles(shape.columns, 128.0)), alignment(shape.columns, 6),
      alignment(whole(work.input[0]) / shape.groups, 6),
      std::log(whole(work.kernel[0]) / whole(work.kernel[1]))};
  features.insert(features.end(), std::begin(more), std::end(more));
  return features;
}

}  // namespace layerwatt::prediction
