#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace layerwatt {

/// The name among `known` that a person most likely meant by `given` (edit distance, case and the
/// difference between '-' and '_' ignored), or nullopt where none is near.
std::optional<std::string> nearest_name(std::string_view given,
                                        std::span<const std::string_view> known);

}  // namespace layerwatt
