#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "layerwatt/core/layer_profile.h"

namespace layerwatt {

/// Rows of two profiles that do the work of the same nodes of a model, each side in order and not
/// empty.
struct CommonOrigins {
  std::vector<std::size_t> before;
  std::vector<std::size_t> after;
};

/// Groups of rows that share an origin with a row of the other profile, directly or through others,
/// in the order of `before`. Rows are counted from `first_before` and `first_after`. A row without
/// origins has those that its name joins ("conv1 + relu1"), or itself.
std::vector<CommonOrigins> find_common_origins(std::span<const LayerProfileRow> before,
                                               std::size_t first_before,
                                               std::span<const LayerProfileRow> after,
                                               std::size_t first_after);

}  // namespace layerwatt
