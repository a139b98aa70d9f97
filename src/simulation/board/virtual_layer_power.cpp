#include "simulation/board/virtual_layer_power.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "layerwatt/core/random.h"

namespace layerwatt {
namespace {

/// Where in the board's range layers of a kind lie, 0 to 1.
struct KindRange {
  std::string_view word;
  double low;
  double high;
};

constexpr std::array kKinds = {
    KindRange{"Conv", 0.35, 1.0},   KindRange{"Gemm", 0.25, 0.8},
    KindRange{"MatMul", 0.25, 0.8}, KindRange{"MatrixMultiply", 0.25, 0.8},
    KindRange{"Fully", 0.25, 0.8},  KindRange{"Pool", 0.10, 0.5},
};
constexpr KindRange kOtherKind = {"", 0.0, 0.35};

const KindRange& kind_of(const Layer& layer) {
  const auto found = std::ranges::find_if(kKinds, [&](const KindRange& kind) {
    return layer.parameter_type.find(kind.word) != std::string::npos ||
           layer.type.find(kind.word) != std::string::npos;
  });
  return found != kKinds.end() ? *found : kOtherKind;
}

/// 0 for a layer that only moves data, near 1 from 100 FLOPs a byte.
double intensity_of(const Layer& layer) {
  if (!layer.flops || !layer.bytes || *layer.bytes <= 0.0 || *layer.flops <= 0.0) return 0.5;
  const double flops_per_byte = *layer.flops / *layer.bytes;
  return flops_per_byte / (flops_per_byte + 10.0);
}

}  // namespace

LayerPowers virtual_layer_powers(std::span<const Layer> layers, const VirtualBoard& board,
                                 std::uint64_t seed) {
  LayerPowers powers;
  const double least = board.least_layer_power.value();
  const double range = board.greatest_layer_power.value() - least;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    Random random(seed, fmt::format("power of layer {}", i));
    const KindRange& kind = kind_of(layers[i]);
    const double level = 0.5 * intensity_of(layers[i]) + 0.5 * random.uniform();
    const double watts = least + range * (kind.low + (kind.high - kind.low) * level);
    powers.first.emplace_back(watts);
    powers.repeated.emplace_back(watts * random.uniform(0.92, 1.08));
  }
  Random random(seed, "power of gaps");
  powers.gap = Watts(least * random.uniform(0.3, 0.8));
  // A processor that unpacks an engine beside a GPU that does nothing.
  powers.interlude = Watts(least + range * random.uniform(0.1, 0.6));
  return powers;
}

VirtualSpecimen draw_specimen(const VirtualBoard& board, std::uint64_t seed) {
  Random random(seed, "specimen");
  VirtualSpecimen specimen;
  specimen.oscillator_error = random.uniform(-0.06, 0.06);
  specimen.oscillator_drift_per_second = random.uniform(-0.5e-6, 0.5e-6);
  specimen.oscillator_walk = 1e-6;
  specimen.board_low_pass = Duration(static_cast<std::int64_t>(
      static_cast<double>(board.board_low_pass.count()) * random.uniform(0.6, 1.4)));
  specimen.lag = Duration(static_cast<std::int64_t>(random.uniform(0.0, 20'000.0)));
  const double least = board.least_layer_power.value();
  specimen.drift.watts_per_second = least * random.uniform(-5e-4, 5e-4);
  specimen.drift.thermal_watts = least * random.uniform(0.0, 0.1);
  specimen.drift.walk_watts = least * 2e-3;
  specimen.drift_seed = random.bits();
  return specimen;
}

}  // namespace layerwatt
