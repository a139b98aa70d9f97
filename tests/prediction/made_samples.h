#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "layerwatt/core/random.h"
#include "layerwatt/prediction/layer_sample.h"

namespace layerwatt {

/// Convolutions of made networks on a made machine: 5 µs a launch, 1 Tflop/s, 50 GB/s, and power
/// that grows with the rate of operations; both with 3 % of noise.
inline std::vector<LayerSample> made_samples(int networks, int layers, std::uint64_t seed = 1) {
  Random random(seed, "made samples");
  std::vector<LayerSample> samples;
  for (int n = 0; n < networks; ++n) {
    for (int i = 0; i < layers; ++i) {
      LayerSample sample;
      sample.network = "net" + std::string(1, static_cast<char>('a' + n));
      LayerWork& work = sample.work;
      work.kind = WorkKind::kConvolution;
      work.precision = "float32";
      const std::int64_t size = std::int64_t{7} << random.below(4);
      work.input = {std::int64_t{8} << random.below(6), size, size};
      work.output = {std::int64_t{8} << random.below(6), size, size};
      const std::int64_t kernel = random.below(2) == 0 ? 1 : 3;
      work.kernel = {kernel, kernel};
      count_work(work, 4.0);
      const double computing = work.flops / 1e12;
      sample.seconds =
          (5e-6 + computing + work.bytes() / 50e9) * std::exp(0.03 * random.gaussian());
      sample.watts = (1.0 + 4.0 * computing / sample.seconds) * std::exp(0.03 * random.gaussian());
      samples.push_back(std::move(sample));
    }
  }
  return samples;
}

}  // namespace layerwatt
