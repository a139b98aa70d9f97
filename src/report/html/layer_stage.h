#pragma once

#include <string>
#include <vector>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// The stage of the network that each layer belongs to: the front of its name, as deep as gives 2
/// to 20 stages ("layer1" of "/layer1/layer1.0/conv1/Conv"), else the size of its output ("56×56").
std::vector<std::string> stages_of(const std::vector<LayerProfileRow>& rows);

}  // namespace layerwatt
