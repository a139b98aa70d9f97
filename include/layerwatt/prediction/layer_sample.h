#pragma once

#include <optional>
#include <string>

#include "layerwatt/core/layer_work.h"

namespace layerwatt {

/// One measured layer to learn from.
struct LayerSample {
  /// Rows of one network are left out together when a model is checked.
  std::string network;
  LayerWork work;
  /// Above 0.
  double seconds = 0.0;
  /// Above idle, above 0; absent where it was not told, or only together with other layers.
  std::optional<double> watts;
};

/// The family that a network belongs to, from its name up to its version: "resnet18" and
/// "resnet50" are "resnet", "mobilenet_v2" is "mobilenet", "squeezenet-1.1" is "squeezenet".
std::string family_of(const std::string& network);

}  // namespace layerwatt
