#pragma once

#include <cstdint>
#include <string_view>

#include "models/onnx/onnx_model.h"

namespace layerwatt::models {

/// Fills a float32 tensor of known dimensions with centre + deviation · N(0, 1), from `seed` and
/// the tensor's own name. Exact arithmetic: the same bytes on every machine, as long as `centre` is
/// 0 or `deviation` a power of two.
void fill_normal(onnx::TensorProto& tensor, std::uint64_t seed, double deviation,
                 double centre = 0.0);

/// As fill_normal, times `scale`: scale · (1 + deviation · N(0, 1)).
void fill_around(onnx::TensorProto& tensor, std::uint64_t seed, double deviation, double scale);

/// √(2 / fan_in), He et al. 2015 (arXiv:1502.01852).
double he_deviation(std::int64_t fan_in);

}  // namespace layerwatt::models
