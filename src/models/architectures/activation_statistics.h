#pragma once

#include <cstdint>

namespace layerwatt::models {

enum class Activation {
  kNone,
  kRelu,
  kRelu6,
  kSilu,
  kHardSwish,
  kGelu,
  kGeluTanh,
  kSigmoid,
  kHardSigmoid
};

/// Mean and mean square of a tensor's elements, as the widths of its weights predict them. They
/// choose the running statistics of batch normalisation, so that random weights give activations of
/// the size that trained ones have, at any depth.
struct Moments {
  double mean = 0.0;
  double square = 1.0;
};

/// Moments behind an activation, if its input is Gaussian.
Moments activated(const Moments& input, Activation activation);

/// The share of a kernel's taps that fall on the image and not on its padding, over one dimension.
double covered_share(std::int64_t input, std::int64_t output, std::int64_t kernel,
                     std::int64_t stride, std::int64_t padding);

/// Rounded to 11 significant bits: what differs between mathematics libraries is gone.
double coarse(double value);

}  // namespace layerwatt::models
