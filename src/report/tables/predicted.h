#pragma once

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// Whether a profile is of `predict`: whatever shows it says so.
inline bool is_predicted(const LayerProfile& profile) { return profile.method == "predicted"; }

}  // namespace layerwatt
