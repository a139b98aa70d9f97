#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace layerwatt {

/// Names of tensors with their dimensions, as an engine reported them.
using TensorShapes = std::map<std::string, std::vector<std::int64_t>, std::less<>>;

}  // namespace layerwatt
