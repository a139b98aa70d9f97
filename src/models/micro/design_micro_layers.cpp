#include <algorithm>
#include <cmath>
#include <utility>

#include "layerwatt/core/random.h"
#include "layerwatt/models/micro_layers.h"

namespace layerwatt {
namespace {

constexpr double kMostFlops = 4e9;
constexpr double kMostBytes = 64.0 * 1024.0 * 1024.0;

/// What a row of the design says, each part from 0 to 1.
enum Axis { kWhat, kImage, kInputs, kOutputs, kWindow, kStep, kBatch, kAxes };
using Row = std::array<double, kAxes>;

/// Each axis cut into as many parts as there are rows, one row in each part.
std::vector<Row> latin_hypercube(std::size_t count, std::uint64_t seed) {
  std::vector<Row> rows(count);
  Random random(seed, "micro-layers");
  std::vector<std::size_t> order(count);
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    random.shuffle(order);
    for (std::size_t i = 0; i < count; ++i) {
      rows[i][axis] =
          (static_cast<double>(order[i]) + random.uniform()) / static_cast<double>(count);
    }
  }
  return rows;
}

template <class T>
struct Choice {
  double up_to;
  T value;
};
/// The first whose share, added up, is beyond `at`.
template <class T, std::size_t N>
T choose(const Choice<T> (&choices)[N], double at) {
  for (const Choice<T>& choice : choices) {
    if (at < choice.up_to) return choice.value;
  }
  return choices[N - 1].value;
}

enum class What {
  kDense1,
  kWindow,
  kDepthwise,
  kGroups,
  kMaxPool,
  kAveragePool,
  kGemm,
  kAdd,
  kRelu
};
constexpr Choice<What> kWhats[] = {
    {0.22, What::kDense1}, {0.50, What::kWindow},  {0.62, What::kDepthwise},
    {0.67, What::kGroups}, {0.75, What::kMaxPool}, {0.80, What::kAveragePool},
    {0.88, What::kGemm},   {0.95, What::kAdd},     {1.00, What::kRelu}};
constexpr Choice<std::int64_t> kWindows[] = {{0.65, 3}, {0.85, 5}, {0.95, 7}, {1.0, 11}};
constexpr Choice<std::int64_t> kPoolWindows[] = {{0.4, 2}, {1.0, 3}};
constexpr Choice<std::int64_t> kSteps[] = {{0.7, 1}, {1.0, 2}};
constexpr Choice<std::int64_t> kBatches[] = {{0.6, 1}, {0.75, 2}, {0.9, 4}, {1.0, 8}};

/// Even on a logarithmic scale.
double between(double least, double most, double at) { return least * std::pow(most / least, at); }
std::int64_t whole(double value, std::int64_t multiple) {
  const auto count = static_cast<std::int64_t>(std::llround(value / static_cast<double>(multiple)));
  return std::max<std::int64_t>(1, count) * multiple;
}

double flops_of(const MicroLayer& layer) {
  const auto side = static_cast<double>(layer.input[1]) / static_cast<double>(layer.stride);
  const double pixels = static_cast<double>(layer.batch) * side * side;
  if (layer.kind != MicroKind::kConvolution && layer.kind != MicroKind::kDense) return pixels;
  return 2.0 * pixels * static_cast<double>(layer.channels) *
         static_cast<double>(layer.input[0] / layer.groups) *
         static_cast<double>(layer.kernel * layer.kernel);
}
double bytes_of(const MicroLayer& layer) {
  const auto pixels = static_cast<double>(layer.batch * layer.input[1] * layer.input[2]);
  const auto window = static_cast<double>(layer.kernel * layer.kernel);
  const double weights = layer.kind == MicroKind::kConvolution || layer.kind == MicroKind::kDense
                             ? static_cast<double>(layer.input[0] / layer.groups) *
                                   static_cast<double>(layer.channels) * window
                             : 0.0;
  return 4.0 * (pixels * static_cast<double>(layer.input[0] + layer.channels) + weights);
}

/// Halves what is largest until a slow board gets through.
void shrink(MicroLayer& layer) {
  while (flops_of(layer) > kMostFlops || bytes_of(layer) > kMostBytes) {
    if (layer.batch > 1) {
      layer.batch /= 2;
    } else if (layer.input[1] > 14) {
      layer.input[1] = layer.input[2] = layer.input[1] / 2;
    } else {
      const bool all_alike = layer.groups > 1 || layer.channels == layer.input[0];
      layer.channels = std::max<std::int64_t>(layer.groups, layer.channels / 2);
      if (all_alike) layer.input[0] = layer.channels;
      if (layer.groups > layer.channels) layer.groups = layer.channels;
    }
  }
}

void set_convolution(MicroLayer& layer, What what, const Row& row) {
  layer.kind = MicroKind::kConvolution;
  layer.kernel = what == What::kDense1 ? 1 : choose(kWindows, row[kWindow]);
  // Wide windows look at images and their first features.
  if (layer.kernel >= 7) layer.input[0] = whole(between(3.0, 64.0, row[kInputs]), 1);
  if (what == What::kDepthwise) {
    layer.kernel = std::min<std::int64_t>(layer.kernel, 5);
    layer.input[0] = layer.channels = whole(between(16.0, 1024.0, row[kOutputs]), 8);
    layer.groups = layer.channels;
  } else if (what == What::kGroups) {
    layer.kernel = std::min<std::int64_t>(layer.kernel, 5);
    layer.groups = row[kInputs] < 0.5 ? 2 : 32;
    layer.input[0] = layer.channels = whole(between(64.0, 512.0, row[kOutputs]), 32);
  }
}

MicroLayer layer_of(const Row& row) {
  const What what = choose(kWhats, row[kWhat]);
  MicroLayer layer;
  layer.batch = choose(kBatches, row[kBatch]);
  const std::int64_t side = whole(between(4.0, 128.0, row[kImage]), 1);
  layer.input = {whole(between(8.0, 1024.0, row[kInputs]), 8), side, side};
  layer.channels = whole(between(8.0, 1024.0, row[kOutputs]), 8);
  layer.stride = choose(kSteps, row[kStep]);
  switch (what) {
    case What::kDense1:
    case What::kWindow:
    case What::kDepthwise:
    case What::kGroups:
      set_convolution(layer, what, row);
      break;
    case What::kMaxPool:
    case What::kAveragePool:
      layer.kind = what == What::kMaxPool ? MicroKind::kMaxPool : MicroKind::kAveragePool;
      layer.kernel = choose(kPoolWindows, row[kWindow]);
      layer.stride = row[kStep] < 0.75 ? 2 : 1;
      layer.channels = layer.input[0];
      break;
    case What::kGemm:
      layer.kind = MicroKind::kDense;
      layer.input = {whole(between(64.0, 8192.0, row[kInputs]), 8), 1, 1};
      layer.channels = whole(between(16.0, 4096.0, row[kOutputs]), 2);
      layer.stride = 1;
      break;
    case What::kAdd:
    case What::kRelu:
      layer.kind = what == What::kAdd ? MicroKind::kAdd : MicroKind::kRelu;
      layer.channels = layer.input[0];
      layer.stride = 1;
      break;
  }
  shrink(layer);
  return layer;
}

}  // namespace

std::vector<MicroLayer> design_micro_layers(std::size_t count, std::uint64_t seed) {
  std::vector<MicroLayer> layers;
  for (const Row& row : latin_hypercube(count, seed)) layers.push_back(layer_of(row));
  return layers;
}

}  // namespace layerwatt
