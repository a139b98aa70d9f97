#include "models/architectures/activation_statistics.h"

#include <algorithm>
#include <cmath>

namespace layerwatt::models {
namespace {

double apply(double x, Activation activation) {
  const auto hard_sigmoid = [](double v) { return std::clamp(v / 6.0 + 0.5, 0.0, 1.0); };
  const auto sigmoid = [](double v) { return 1.0 / (1.0 + std::exp(-v)); };
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return std::max(x, 0.0);
    case Activation::kRelu6:
      return std::clamp(x, 0.0, 6.0);
    case Activation::kSilu:
      return x * sigmoid(x);
    case Activation::kHardSwish:
      return x * hard_sigmoid(x);
    case Activation::kGelu:
    case Activation::kGeluTanh:  // differs by less than a thousandth
      return 0.5 * x * (1.0 + std::erf(x * std::sqrt(0.5)));
    case Activation::kSigmoid:
      return sigmoid(x);
    case Activation::kHardSigmoid:
      return hard_sigmoid(x);
  }
  return x;
}

}  // namespace

Moments activated(const Moments& input, Activation activation) {
  if (activation == Activation::kNone) return input;
  const double deviation = std::sqrt(std::max(0.0, input.square - input.mean * input.mean));
  Moments sum{0.0, 0.0};
  double weights = 0.0;
  for (int i = -96; i <= 96; ++i) {
    const double z = i / 16.0;
    const double weight = std::exp(-0.5 * z * z);
    const double y = apply(input.mean + deviation * z, activation);
    sum.mean += weight * y;
    sum.square += weight * y * y;
    weights += weight;
  }
  return {sum.mean / weights, sum.square / weights};
}

double covered_share(std::int64_t input, std::int64_t output, std::int64_t kernel,
                     std::int64_t stride, std::int64_t padding) {
  std::int64_t covered = 0;
  for (std::int64_t o = 0; o < output; ++o) {
    const std::int64_t first = o * stride - padding;
    covered += std::max<std::int64_t>(
        0, std::min(first + kernel, input) - std::max<std::int64_t>(first, 0));
  }
  return static_cast<double>(covered) /
         static_cast<double>(std::max<std::int64_t>(1, output * kernel));
}

double coarse(double value) {
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::round(fraction * 2048.0) / 2048.0, exponent);
}

}  // namespace layerwatt::models
