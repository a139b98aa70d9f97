#pragma once

#include <filesystem>
#include <string_view>

#include "layerwatt/core/result.h"

namespace layerwatt {

/// Beside a recording of virtual power: what was put into it.
inline constexpr std::string_view kVirtualTruthFile = "virtual_truth.json";

/// Stands beside tables of virtual power whose published form has no room to say so:
/// `{"virtual": true, "what": "…"}`.
inline constexpr std::string_view kVirtualMarkFile = "virtual.json";

/// Whether the power in a folder was synthesised: its run.json says so, or a
/// truth or mark stands in it.
bool holds_virtual_power(const std::filesystem::path& folder);

/// Writes the mark into the folder, or removes one that does not hold any more.
Result<void> mark_virtual(const std::filesystem::path& folder, bool is_virtual);

}  // namespace layerwatt
