#pragma once

#include "layerwatt/models/architecture.h"

namespace layerwatt::models {

// Builders of the table, one function a family; they tell its members apart by name.
using BuildFunction = Result<OnnxModel>(const Architecture&, const ArchitectureOptions&);

BuildFunction build_alexnet;
BuildFunction build_bert;
BuildFunction build_convnext;
BuildFunction build_densenet;
BuildFunction build_efficientnet;
BuildFunction build_googlenet;
BuildFunction build_gpt2;
BuildFunction build_lenet;
BuildFunction build_mnasnet;
BuildFunction build_mobilenet_v2;
BuildFunction build_mobilenet_v3;
BuildFunction build_resnet;
BuildFunction build_shufflenet_v2;
BuildFunction build_squeezenet;
BuildFunction build_vgg;
BuildFunction build_vit;

/// Classes of ImageNet.
inline constexpr std::int64_t kClasses = 1000;

/// The nearest multiple of 8, not more than a tenth below `channels` (Sandler et al. 2018).
constexpr std::int64_t multiple_of_eight(double channels) {
  const auto rounded = (static_cast<std::int64_t>(channels + 4.0) / 8) * 8;
  const std::int64_t least = rounded < 8 ? 8 : rounded;
  return static_cast<double>(least) < 0.9 * channels ? least + 8 : least;
}

}  // namespace layerwatt::models
